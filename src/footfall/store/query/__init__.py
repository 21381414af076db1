"""Reads of stored events as SQL for the engine, and its rows as answers."""
