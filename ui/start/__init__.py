"""The start window: begin an event, open a log, see the demo evening."""
