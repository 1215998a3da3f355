"""The published benchmark of reconciliation: worlds with known truth, a scorer, and rivals side by side."""
