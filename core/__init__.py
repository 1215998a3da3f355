"""What Lettrage knows and decides: model, reconciliation, repayment events. No input or output."""
