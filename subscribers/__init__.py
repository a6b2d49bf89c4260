"""WHOM: readers, what they want, and whether they may be written to. Imports nothing of `digest`."""
