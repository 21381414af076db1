"""The HTTP application: the redirect hot path, health and metrics."""
