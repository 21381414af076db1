"""Exports: files of any number of events, made in the background. Any API may offer them."""
