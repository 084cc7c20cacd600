"""The crowd: how full each place is, whether that grows, and since when, on one common axis of time."""
