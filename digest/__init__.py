"""WHAT: briefings become issues, issues become mails, and each step is written down."""

__version__ = "0.1.0"
