"""What the product means: events, trackers, accounts, capture and queries.

No HTTP, no SQL and no vendor's word enters here.
"""
