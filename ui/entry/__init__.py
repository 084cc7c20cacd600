"""The entry line: one line of text, read as it is typed."""
