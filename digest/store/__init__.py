"""REMEMBERS: SQLAlchemy tables, one shelf a noun, and the transactions around them."""
