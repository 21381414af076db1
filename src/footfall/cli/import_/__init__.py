"""Rows of files told to a running server as events: `footfall import`."""
