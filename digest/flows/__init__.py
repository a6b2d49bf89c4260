"""CONDUCTS: one async function a file, plain steps, parts handed in by name."""
