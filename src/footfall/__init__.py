"""Footfall records every scan and impression, and answers for them."""
