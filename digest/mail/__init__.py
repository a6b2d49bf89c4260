"""POSTS: header bytes, SMTP connections, and the folder that stands in for a server."""
