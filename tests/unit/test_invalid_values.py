"""A refused value of an enumeration is answered with the values that there are."""

from enum import StrEnum
from typing import Literal

import msgspec
import pytest

from footfall.api.bodies import convert, decode
from footfall.core.errors import InvalidRequest


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Shade(msgspec.Struct):
    shade: Colour | None = None


class Picture(msgspec.Struct):
    colour: Colour = Colour.RED
    depth: Literal[8, 16] | None = None
    shades: list[Shade | str] = []
    by_name: dict[str, Shade] = msgspec.field(default_factory=dict, name="byName")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"colour": "pink"}', "colour: 'pink' is not one of its values: red, blue."),
        (b'{"depth": 9}', "depth: 9 is not one of its values: 8, 16."),
        (
            b'{"shades": ["x", {"shade": "pink"}]}',
            "shades[1].shade: 'pink' is not one of its values: red, blue.",
        ),
        (
            b'{"byName": {"a": {"shade": "pink"}}}',
            "byName[...].shade: 'pink' is not one of its values: red, blue.",
        ),
        (b'{"colour": 3}', "colour: expected `str`, got `int`"),
    ],
)
def test_a_value_that_is_not_one_of_an_enumeration_is_answered_with_those(
    body: bytes, error: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        decode(body, Picture)
    assert refused.value.message == error


def test_a_query_is_answered_alike() -> None:
    with pytest.raises(InvalidRequest, match="is not one of its values: red, blue"):
        convert({"colour": "pink"}, Picture)
