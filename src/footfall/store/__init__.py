"""The event store: the ClickHouse engine, embedded or by URL, with one SQL."""
