"""A program for each parser: paths come in, one a line, and what the parser gives goes out as JSON."""
