"""PassEntry's nouns. `tables.py` has the rows, the other files the verbs on them.

Every function takes the session of the caller's transaction.
"""
