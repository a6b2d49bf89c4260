"""Other people's software, told to send our digests; each file runs where that software is installed."""
