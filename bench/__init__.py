"""`make bench`: measures in one run and prints ratios, with the machine named.

Absolute numbers belong to a machine; ratios to servers and queries measured beside it in the same
run travel better. Every store size is measured by a process of its own (`sample.py`), because the
embedded engine opens one directory in the life of a process.
"""
