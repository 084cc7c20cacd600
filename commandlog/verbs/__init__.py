"""What is done: one verb per function. A verb checks, appends, and returns the record."""
