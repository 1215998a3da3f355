"""What each provider's and each file format's words mean: tables and parsers, no input or output."""
