"""The HTTP API and its pages: translates requests to use cases and back, decides nothing."""
