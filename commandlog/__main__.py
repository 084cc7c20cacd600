"""Lets `python -m commandlog` do what `commandlog` does."""

from commandlog.cli import run

run()
