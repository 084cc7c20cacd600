"""Where it is kept: the chain of records, the SQLite file that holds it, and the tables derived from it."""
