"""SHOWS: pages and operations endpoints; never sends, it writes rows."""
