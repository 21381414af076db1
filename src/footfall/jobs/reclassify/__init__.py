"""Policies: versions of what an account's events are judged by, previewed and applied."""
