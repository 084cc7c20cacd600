"""What things cost, each beside its limit from the same run. `make bench` runs all of it; nothing here is a test."""
