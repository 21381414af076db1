"""Poster codes as images: who may see them, and their sizes."""

import asyncio
import io
import re
import struct

import httpx
import pytest
import zxingcpp
from PIL import Image

from footfall.core.errors import Overloaded
from footfall.symbols.looks import Look
from footfall.symbols.public_images import PublicImages
from tests.dialects.vantio import Campaign
from tests.support.running import RunningServer

QUIET_ZONE = 4


@pytest.fixture(scope="module")
def campaign(server: RunningServer) -> Campaign:
    return Campaign(server)


def image(campaign: Campaign, format: str, **query: int) -> httpx.Response:
    url = f"{campaign.server.url}/api/v1/posters/{campaign.poster['id']}/qr-code.{format}"
    answer = httpx.get(url, params=query)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=3600"
    return answer


def test_anybody_sees_the_png_of_a_poster(campaign: Campaign) -> None:
    path = httpx.URL(campaign.poster["qr_code_url"]).path
    answer = httpx.get(campaign.server.url + path)
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("size", [128, 1024, 1000, 4096])
def test_a_png_has_whole_pixels_a_module_and_fits_the_size(campaign: Campaign, size: int) -> None:
    width, height = struct.unpack(">II", image(campaign, "png", size=size).content[16:24])
    modules = campaign.poster["print"]["modules"] + 2 * QUIET_ZONE
    assert width == height
    assert width % modules == 0
    assert size - modules < width <= size


def test_a_png_is_read_as_the_short_link_of_its_poster(campaign: Campaign) -> None:
    content = image(campaign, "png", size=4096).content
    with Image.open(io.BytesIO(content)) as opened:
        (found,) = zxingcpp.read_barcodes(opened.convert("L"))
    assert found.text == campaign.poster["short_url"]


async def test_few_images_are_drawn_at_once_and_few_wait() -> None:
    drawings = PublicImages()
    work = [drawings.draw("https://a.org/s/x", "pdf", Look(size_mm=10 + n)) for n in range(40)]
    answers = await asyncio.gather(*work, return_exceptions=True)
    drawn = [one for one in answers if isinstance(one, bytes)]
    assert (len(drawn), len(set(drawn))) == (32, 32)
    assert all(isinstance(one, Overloaded) for one in answers if one not in drawn)
    assert await drawings.draw("https://a.org/s/x", "pdf", Look(size_mm=10)) == drawn[0]


@pytest.mark.parametrize("size_mm", [30, 128, 638])
def test_print_files_have_exactly_the_size(campaign: Campaign, size_mm: int) -> None:
    pdf = image(campaign, "pdf", size_mm=size_mm)
    assert pdf.headers["content-type"] == "application/pdf"
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf.content)
    assert box is not None
    assert [float(side) / 72 * 25.4 for side in box.groups()] == pytest.approx([size_mm, size_mm])

    svg = image(campaign, "svg", size_mm=size_mm)
    assert svg.headers["content-type"].startswith("image/svg+xml")
    width, height = re.findall(r'(?:width|height)="([\d.]+)mm"', svg.text)[:2]
    assert (float(width), float(height)) == pytest.approx((size_mm, size_mm))


def test_the_recommended_widths_are_a_tenth_of_the_distance(campaign: Campaign) -> None:
    shown = campaign.poster["print"]
    for one in shown["minimum_widths"]:
        assert one["code_width_mm"] * 10 == one["distance_mm"]
        code = one["image_width_mm"] * shown["modules"] / (shown["modules"] + 2 * QUIET_ZONE)
        assert one["code_width_mm"] <= code < one["code_width_mm"] + 1


@pytest.mark.parametrize("query", ["size=127", "size=4097", "size=x", "size_mm=9", "size_mm=2001"])
def test_a_size_out_of_range_is_refused(campaign: Campaign, query: str) -> None:
    path = f"/api/v1/posters/{campaign.poster['id']}/qr-code.png"
    assert httpx.get(f"{campaign.server.url}{path}?{query}").status_code == 400
