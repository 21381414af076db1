"""`footfall demo`: a believable account with codes and 90 days of scans, made by a seed.

`people.py` and `calendar.py` say who scans and when, `codes.py` what; the events themselves are
made inside the engine by `store/generate.py`. The bench uses the same people at other sizes.
"""
