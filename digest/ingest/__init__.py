"""GATHERS: what a newsroom publishes becomes briefings with topics."""
