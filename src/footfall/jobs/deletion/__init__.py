"""What takes events away: retention, erasure, and archives that are to hold them instead."""
