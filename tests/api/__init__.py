"""The house as programs in Python use it."""
