"""Qt item models over views: rows and roles, no window."""
