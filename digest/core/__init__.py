"""DECIDES: pure rules over plain values; never awaits, never reads a clock, never imports a driver."""
