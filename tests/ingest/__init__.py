"""Tests of the room that gathers."""
