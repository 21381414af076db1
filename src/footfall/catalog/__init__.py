"""Accounts, API keys, trackers and each dialect's nouns: SQLAlchemy on SQLite."""
