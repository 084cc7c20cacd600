"""The log keeper: what desks have sent gets its place in the one order, and goes to those who may read it."""
