"""Writes what is made from the code anew, docs/reference/: `make reference`."""

from tests.docs import commands, reasons, schema

for made in (commands, schema, reasons):
    print(f"written: {made.write()}")
