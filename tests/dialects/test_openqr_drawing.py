"""What is drawn is read again by a reader of codes, and the check tells the truth."""

import base64
import io
import re
import uuid
from typing import Any

import httpx
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from footfall.symbols.checking import check_symbol, contrast_ratio
from footfall.symbols.drawing import draw
from footfall.symbols.looks import Look
from tests.dialects.openqr import change, refused
from tests.support.running import RunningServer

LINK = "https://go.example.org/k3x9ab"


def logo(format: str = "PNG", size: tuple[int, int] = (90, 60), colour: str = "#c02020") -> str:
    """A data URL of an image of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format)
    return f"data:image/{format.lower()};base64,{base64.b64encode(out.getvalue()).decode()}"


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def read(png: bytes) -> str:
    image: Any = opened(png)
    return zxingcpp.read_barcodes(image)[0].text


def post(server: RunningServer, **body: Any) -> httpx.Response:
    return server.client.post("/v1/qr", json={"data": LINK, "format": "png", **body})


def check(server: RunningServer, **body: Any) -> dict[str, Any]:
    answer = server.client.post("/v1/qr/check", json={"data": LINK, **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# ── drawing ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_a_code_with_a_logo_has_it_in_its_middle_and_is_read(
    server: RunningServer, format: str
) -> None:
    drawn = post(server, logo=logo(format), size=600).content
    image = opened(drawn)
    assert image.size == (600, 600)
    red, green, _ = image.getpixel((300, 300))  # type: ignore[misc]
    assert red > 150 > 90 > green
    coloured = [x for x in range(600) if image.getpixel((x, 300))[1] not in (0, 255)]  # type: ignore[index]
    assert len(coloured) <= 0.2 * 600
    assert read(drawn) == LINK
    svg = post(server, logo=logo(format), format="svg").text
    (embedded,) = re.findall(r'href="data:image/png;base64,([^"]+)"', svg)
    assert Image.open(io.BytesIO(base64.b64decode(embedded))).size == (90, 60)


def test_more_error_correction_makes_a_larger_symbol(server: RunningServer) -> None:
    data = "x" * 100
    widths = [
        check(server, data=data, error=level, margin=4)["modules"] for level in ("L", "M", "Q", "H")
    ]
    assert widths == sorted(set(widths))
    assert read(post(server, data=data, error="H").content) == data
    too_long = server.client.get("/v1/qr", params={"data": "x" * 1900, "error": "H"})
    assert "error correction" in refused(too_long, 400, "invalid_request")


def test_print_files_have_exactly_the_size(server: RunningServer) -> None:
    for more in ({}, {"logo": logo()}):
        pdf = post(server, format="pdf", size_mm=40, **more)
        assert pdf.headers["content-type"] == "application/pdf"
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", pdf.content)
        assert box is not None
        assert [float(side) / 72 * 25.4 for side in box.groups()] == pytest.approx([40, 40])
    svg = server.client.get("/v1/qr", params={"data": LINK, "size_mm": 40}).text
    assert 'width="40mm" height="40mm"' in svg


def test_a_code_is_drawn_in_its_own_theme(server: RunningServer) -> None:
    code = server.create_code()
    style = {"fgColor": "#0f766e", "bgColor": "#fff", "margin": 2, "error": "Q", "logo": logo()}
    name = uuid.uuid4().hex
    server.client.post("/v1/themes", json={"name": name, "style": style}).raise_for_status()
    change(server, code["id"], theme=name)
    path = f"/v1/dynamic/{code['id']}/qr"
    drawn = server.client.get(path, params={"format": "png", "size": 400})
    assert drawn.headers["content-type"] == "image/png"
    assert read(drawn.content) == code["short_url"]
    colours = {colour for _, colour in opened(drawn.content).getcolors(100_000) or []}
    assert (0x0F, 0x76, 0x6E) in colours
    assert (0, 0, 0) not in colours
    svg = server.client.get(path, params={"dark": "123456", "margin": 4}).text
    assert "#123456" in svg
    assert "<image " in svg


def test_a_style_of_another_program_is_kept_and_not_drawn(server: RunningServer) -> None:
    style = {"margin": "wide", "error": 3, "logo": "https://example.org/logo.svg", "dots": "round"}
    name = uuid.uuid4().hex
    made = server.client.post("/v1/themes", json={"name": name, "style": style})
    assert made.json()["style"] == style
    plain = server.client.get("/v1/qr", params={"data": "x"}).text
    assert server.client.get("/v1/qr", params={"data": "x", "theme": name}).text == plain


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"logo": "https://example.org/a.png"}, "data URL"),
        ({"logo": "data:image/svg+xml;base64,PHN2Zy8+"}, "PNG or JPEG"),
        ({"logo": "data:image/png;base64,!!!!"}, "base64"),
        ({"logo": "data:image/png;base64,AAAA"}, "PNG or JPEG"),
        ({"logo": logo()[:-40]}, "PNG or JPEG"),
        ({"logo": "data:image/png;base64," + "A" * 400_000}, "262144"),
        ({"logo": logo(size=(2001, 2000))}, "4000000"),
        ({"error": "X"}, "error"),
        ({"format": "gif"}, "format"),
        ({"size_mm": 40}, "size_mm"),
        ({"format": "pdf", "size_mm": 4}, "size_mm"),
        ({"format": "pdf", "size_mm": 2001}, "size_mm"),
    ],
)
def test_a_bad_drawing_says_what_to_change(
    server: RunningServer, body: dict[str, Any], names: str
) -> None:
    assert names in refused(post(server, **body), 400, "invalid_request")


# ── the check ─────────────────────────────────────────────────────────────────────────────────


def test_a_good_code_passes_the_check(server: RunningServer) -> None:
    found = check(server, size_mm=40, logo=logo())
    assert (found["ok"], found["decodes"], found["error"]) == (True, True, "H")
    assert found["warnings"] == []
    assert found["contrast_ratio"] == 21
    width = found["modules"]
    assert found["module_mm"] == pytest.approx(40 / (width + 8), abs=0.001)
    assert found["scan_distance_mm"] == pytest.approx(400 * width / (width + 8), abs=1)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"dark": "999999"}, "contrast"),
        ({"dark": "ffffff", "light": "000000"}, "inverted"),
        ({"margin": 3}, "margin"),
        ({"size_mm": 10}, "module_size"),
        ({"dark": "fefefe"}, "unreadable"),
        ({"dark": "ffffff"}, "unreadable"),
    ],
)
def test_each_fault_has_its_warning(server: RunningServer, body: dict[str, Any], code: str) -> None:
    found = check(server, **body)
    assert code in [one["code"] for one in found["warnings"]]
    assert not found["ok"]
    assert found["decodes"] is (code != "unreadable")


def test_a_check_takes_the_theme(server: RunningServer) -> None:
    name = uuid.uuid4().hex
    style = {"fgColor": "#aaaaaa"}
    server.client.post("/v1/themes", json={"name": name, "style": style}).raise_for_status()
    assert check(server, theme=name)["warnings"][0]["code"] == "contrast"


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast_ratio("777777", "ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast_ratio("ffffff", "ffffff") == 1


@settings(max_examples=25)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=80),
    st.sampled_from(["", "L", "M", "Q", "H"]),
    st.booleans(),
)
def test_whatever_is_drawn_is_read_again(data: str, error: str, with_logo: bool) -> None:
    image = base64.b64decode(logo().partition(",")[2]) if with_logo else b""
    look = Look(error="H" if with_logo else error, logo=image)
    assert read(draw(data, "png", look)) == data
    assert check_symbol(data, look).decodes
