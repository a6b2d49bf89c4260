"""Writes what is made from the code anew, docs/reference/: `make reference`."""

from tests.docs import commands, glossary, reasons, schema

for made in (commands, schema, reasons, glossary):
    print(f"written: {made.write()}")
