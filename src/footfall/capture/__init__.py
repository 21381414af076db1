"""From a request to a durable event: look up, decide, enrich, classify, protect, journal."""
