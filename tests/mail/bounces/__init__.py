"""What comes back, read by its bytes."""
