"""`python -m footfall`: the command line."""

from footfall.cli import app

app()
