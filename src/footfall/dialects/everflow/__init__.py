"""Everflow: offers of advertisers, the impressions and clicks that affiliates bring them."""
