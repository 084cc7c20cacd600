"""Many desks and parties on one timeline: the shared log on PostgreSQL, and each desk's own copy of it."""
