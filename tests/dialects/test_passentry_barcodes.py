"""Barcodes and the download page: each is read back by a reader of barcodes."""

import re

import httpx
import pytest
import zxingcpp

from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry.barcodes import TYPES, draw
from tests.dialects.passentry import Venue


def pixels(svg: str) -> memoryview:
    """The drawing in grey, two pixels a unit: a white ground, and black rectangles."""
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    path = re.search(r'<path d="([^"]+)"', svg)
    assert size is not None
    assert path is not None
    width, height = (2 * int(text) for text in size.groups())
    grey = bytearray(b"\xff" * width * height)
    for found in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+Z", path.group(1)):
        x, y, wide, high = (2 * int(text) for text in found)
        for row in range(y, y + high):
            grey[row * width + x : row * width + x + wide] = bytes(wide)
    return memoryview(grey).cast("B", (height, width))


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("value", ["3f7c2c9e-0eba-4625-9223-5221eb8dad7f", "MEMBER-42"])
def test_every_type_of_barcode_is_read_back(type: str, value: str) -> None:
    found = zxingcpp.read_barcodes(pixels(draw(value, type)))
    assert [one.text for one in found] == [value]


def test_a_value_that_a_barcode_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        draw("日本語", "code128")
    with pytest.raises(InvalidRequest):
        draw("x" * 5000, "code128")


def page(venue: Venue, card: str) -> httpx.Response:
    return httpx.get(f"{venue.server.url}/download", params={"pass": card})


@pytest.mark.parametrize("type", TYPES)
def test_the_page_of_a_pass_shows_its_fields_and_its_barcode(venue: Venue, type: str) -> None:
    barcode = {"type": type, "source": "extId", "displayText": True}
    card = venue.card(venue.template("Gym <b>"), f"M-{type}", fullName="<i>A</i>", barcode=barcode)
    answer = page(venue, card)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<i>" not in answer.text
    assert "&lt;i&gt;A&lt;/i&gt;" in answer.text
    assert "<script" not in answer.text
    svg = answer.text[answer.text.index("<svg") : answer.text.index("</svg>")]
    assert zxingcpp.read_barcodes(pixels(svg))[0].text == f"M-{type}"


def test_a_pass_that_is_no_longer_good_shows_no_barcode(venue: Venue) -> None:
    card = venue.card(venue.template(), "M-1", passAction="deactivate")
    answer = page(venue, card)
    assert "not active" in answer.text
    assert "<svg" not in answer.text


def test_a_page_is_found_by_uuid_only(venue: Venue) -> None:
    venue.card(venue.template(), "guessable")
    for name in ("guessable", "", "00000000-0000-4000-8000-000000000000"):
        assert page(venue, name).status_code == 404
