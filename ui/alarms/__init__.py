"""Alarms: few, each with what to do; heard, seen, put off, and never out of sight."""
