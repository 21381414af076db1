"""The countries of ISO 3166-1: their codes, and the advice for text that is not one."""

import difflib
from importlib.resources import files
from typing import Final

_TABLE: Final = files("tzdata").joinpath("zoneinfo", "iso3166.tab")


def _read() -> dict[str, str]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


TABLE: Final = _read()
"""Code → name, as lists of time zones have it."""

BESIDE: Final = frozenset({"XK", "EU", "AP"})
"""In use though ISO 3166-1 does not assign them: Kosovo; networks all over Europe, or Asia."""

CODES: Final = frozenset({*TABLE, *BESIDE})
_BY_NAME: Final = {name.casefold(): code for code, name in TABLE.items()} | {"uk": "GB"}


def nearest_code(text: str) -> str:
    """The code that was probably meant, "" for none: `nl`, `UK`, `Netherlands`."""
    if text.upper() in CODES:
        return text.upper()
    nearest = difflib.get_close_matches(text.casefold(), _BY_NAME, n=1, cutoff=0.8)
    return _BY_NAME[nearest[0]] if nearest else ""
