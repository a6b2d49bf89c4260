"""Reaching out: the guard, the bounds, and real servers on the loopback."""
