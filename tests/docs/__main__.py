"""Writes what is made from the code anew, docs/reference/: `make reference`."""

from tests.docs import commands, glossary, schema

for made in (commands, schema, glossary):
    print(f"written: {made.write()}")
