"""Whether the books balance: while the server runs, and on a data directory that nobody uses."""
