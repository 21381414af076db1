"""Where addresses are, by MaxMind DB files: the bundled one of countries, and those of the user."""
