"""Vantio's API: ambassador programmes, posters, impressions, referrals, earnings."""
