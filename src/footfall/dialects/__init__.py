"""One folder an API: its resources, its wire types, its operations."""
