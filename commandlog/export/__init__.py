"""How it goes out: documents for readers, data for programs."""
