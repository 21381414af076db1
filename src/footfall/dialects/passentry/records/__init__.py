"""PassEntry's resources. `tables.py` has the rows, the other files the operations on them.

Every function takes the session of the caller's transaction.
"""
