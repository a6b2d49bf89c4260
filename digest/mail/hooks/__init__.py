"""Events that mail providers post to us: whether they are theirs, and what they say about a copy."""
