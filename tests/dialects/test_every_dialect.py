"""What every dialect has to keep."""

import inspect

from footfall.core import errors
from footfall.dialects.copernica import wire as copernica
from footfall.dialects.everflow import failures as everflow
from footfall.dialects.openqr import wire as openqr
from footfall.dialects.passentry.wire import documents as passentry
from footfall.dialects.vantio import wire as vantio
from footfall.native.failures import STATUS

NATIVE = {"invalid_request": 400, "unsafe_destination": 400, **STATUS}
"""Ours answers 400 to what its table does not name."""

DIALECTS = {
    "copernica": copernica.ERRORS,
    "everflow": everflow.ERRORS,
    "openqr": openqr.ERRORS,
    "native": {code: (status, "") for code, status in NATIVE.items()},
    "passentry": {code: (status, "") for code, status in passentry.ERRORS.items()},
    "vantio": vantio.ERRORS,
}


def test_every_core_error_is_answered_on_purpose() -> None:
    kinds = {
        kind.code: kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.FootfallError) and kind is not errors.FootfallError
    }
    for name, table in DIALECTS.items():
        assert set(kinds) <= set(table), f"{name} has no answer for {set(kinds) - set(table)}"
        for code, kind in kinds.items():
            status, _ = table[code]
            ours = {errors.StoreDefect: (500,), errors.Unavailable: (503,)}
            wanted = next((ours[one] for one in kind.__mro__ if one in ours), range(400, 500))
            assert status in wanted, f"{name}: {code}"
