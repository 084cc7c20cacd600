"""Who works at this desk: signing in, changing over, locking."""
