"""Reads of callers: what they see, and how much of the machine they take."""
