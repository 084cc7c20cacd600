"""An event on a PostgreSQL server: its tables, who may do what there, its logins, and how it stands."""
