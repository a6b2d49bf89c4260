"""What goes over the wire, read as a stranger reads it, for newsrooms that write the worst they can."""
