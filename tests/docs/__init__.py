"""The documentation: built as a site, its links followed, its examples run."""
