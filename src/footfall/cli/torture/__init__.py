"""`footfall torture`: breaks a real server in every way we know, and balances its books.

The same suite runs in our tests. It makes its own data directory and touches no other.
"""
