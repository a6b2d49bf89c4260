"""Calls of mail providers, signed with keys of the tests, in the shapes that the providers document."""
