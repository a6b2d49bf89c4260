"""The steps by which a store of any age becomes a store of today."""
