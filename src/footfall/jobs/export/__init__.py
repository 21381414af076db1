"""Exports: files of any number of events, made in the background. Any face may offer them."""
