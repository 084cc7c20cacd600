"""What the window shows and does of a shared log."""
