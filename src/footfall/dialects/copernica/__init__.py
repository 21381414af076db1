"""Copernica's API: e-mailings, whom they went to, and who opened and clicked."""
