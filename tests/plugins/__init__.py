"""Plugins as they are installed: real distributions on the path of real commands."""
