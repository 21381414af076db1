"""What every dialect has to keep."""

import inspect

from footfall.core import errors
from footfall.dialects.copernica import wire as copernica
from footfall.dialects.everflow import failures as everflow
from footfall.dialects.openqr import wire as openqr
from footfall.dialects.passentry.wire import documents as passentry
from footfall.dialects.vantio import wire as vantio

DIALECTS = {
    "copernica": copernica.ERRORS,
    "everflow": everflow.ERRORS,
    "openqr": openqr.ERRORS,
    "passentry": {code: (status, "") for code, status in passentry.ERRORS.items()},
    "vantio": vantio.ERRORS,
}


def test_every_core_error_is_answered_on_purpose() -> None:
    codes = {
        kind.code
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.FootfallError) and kind is not errors.FootfallError
    }
    for name, table in DIALECTS.items():
        assert codes <= set(table), f"{name} has no answer for {codes - set(table)}"
        for code, (status, _) in table.items():
            expected = 503 if "unavailable" in code else range(400, 500)
            assert status == expected or (isinstance(expected, range) and status in expected)
