"""What the program brings along: scenarios, mappings, the demo evening, translations."""
