"""REACHES OUT: HTTP to places that others name - feeds, receivers of events - behind one guard."""
