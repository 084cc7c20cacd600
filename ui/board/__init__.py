"""The board: tasks by who has them, late ones first."""
