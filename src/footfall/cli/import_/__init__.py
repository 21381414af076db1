"""Rows of files sent to a running server as events: `footfall import`."""
