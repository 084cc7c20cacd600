"""The handover screen: what is open, from one operator to the next."""
