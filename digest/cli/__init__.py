"""SPEAKS: the digest command."""
