"""What is said: frozen values and pure rules. Knows no file, no database and no window."""
