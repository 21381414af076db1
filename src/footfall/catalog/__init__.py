"""Accounts, API keys, trackers and each dialect's resources: SQLAlchemy on SQLite."""
