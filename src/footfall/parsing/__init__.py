"""Readers of text that strangers send: user agents, URLs. They know nothing of events."""
