"""Our own API: what no vendor's has, over the same store."""
