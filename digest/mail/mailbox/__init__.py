"""A mailbox at a server, by IMAP or POP3: mails are looked at, and put away once somebody has recorded them.

All of it blocks, and is for a thread. A mail that is put away twice, or looked at again after a crash, does
no harm: whoever records knows it again.
"""
