"""The timeline as it is seen: a view over a million rows, and what paints one."""
