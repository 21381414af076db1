"""Policies: versions of what an account's events are classified by, previewed and applied."""
