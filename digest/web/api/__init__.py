"""The JSON API: what the desk can do, for programs with a key."""
