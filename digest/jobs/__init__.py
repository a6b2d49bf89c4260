"""PLACES: where the work is done; in this process for now."""
