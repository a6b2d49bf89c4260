"""One file a check: each takes mails and gives findings, and changes nothing."""
