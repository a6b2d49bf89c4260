"""The desk: pages for the people of the newsroom, each behind its power."""
