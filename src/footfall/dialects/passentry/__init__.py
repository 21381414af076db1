"""PassEntry's API: passes, readers, scans at a door."""
