"""How fast, and how it grows: figures of planning, printing and sending, without a verdict."""
