"""The desk: the window in which operators and supervisors work."""
