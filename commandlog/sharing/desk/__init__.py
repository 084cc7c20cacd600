"""A desk of a shared log: it follows and sends for as long as it is asked to, and says how it stands."""
