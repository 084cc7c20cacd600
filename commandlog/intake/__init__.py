"""How it comes in: quick entry and files."""
