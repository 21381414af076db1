"""Webhooks: an outbox in the catalog, and the task that empties it.

a transaction: change and message → outbox → deliver, again until it is taken → log
"""
