"""MEASURES what readers by the million cost on PostgreSQL, and reckons from there what more would need."""
