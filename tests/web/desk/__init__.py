"""The desk, tested from outside: as people of the newsroom and as those who are none."""
