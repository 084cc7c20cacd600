"""Fuzzing of all that reads files from outside: docs/fuzzing.md."""
