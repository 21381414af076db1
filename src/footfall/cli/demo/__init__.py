"""`footfall demo`: an account with resources of every API and 90 days of events, from a seed.

`people.py` and `calendar.py` say who comes and when. `codes.py` has the codes; their scans are made
inside the engine by `cli/demo/generate.py`. The other APIs have a part each (`campaigns.py`,
`mailings.py`, `ads.py`, `doors.py`, `views.py`), which makes resources and events that agree;
`apis.py` joins them. The bench uses the same people at other sizes.
"""
