"""PRINTS: a cohort becomes a rendition, a rendition and a reader become bytes."""
