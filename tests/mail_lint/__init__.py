"""Checks of the mails as they leave the house: what a reader's program gets, looked at from outside."""
