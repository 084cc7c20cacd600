"""What is seen: queries over derived tables, at any position and time."""
