"""What enrichment needs from outside: where an address is, and the salt of the day."""
