"""The nine payloads: the vendor's golden ones, and that escaping can be undone."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.core.errors import InvalidRequest
from footfall.dialects.openqr.payloads import BUILDERS, Fields, build_payload

GOLDEN: list[tuple[str, Fields, str]] = [
    (
        "url",
        {"url": "example.com/launch?utm=ext#top"},
        "https://example.com/launch?utm=ext#top",
    ),
    ("text", {"text": "Table for two, 19:30"}, "Table for two, 19:30"),
    (
        "email",
        {"email": "hi@example.com", "subject": "Two seats", "body": "Please + confirm"},
        "mailto:hi@example.com?subject=Two%20seats&body=Please%20%2B%20confirm",
    ),
    ("phone", {"phone": "+44 7700 900123"}, "tel:+44 7700 900123"),
    (
        "sms",
        {"phone": "+44 7700 900123", "message": "Your table is ready"},
        "SMSTO:+44 7700 900123:Your table is ready",
    ),
    ("sms", {"phone": "123"}, "SMSTO:123"),
    (
        "whatsapp",
        {"phone": "+44 7700 900123", "message": "Menu for tonight"},
        "https://wa.me/447700900123?text=Menu%20for%20tonight",
    ),
    (
        "wifi",
        {"ssid": 'Cafe;Guest "Premium"', "password": "pa\\ss;wo:rd,1", "encryption": "WPA"},
        'WIFI:T:WPA;S:Cafe\\;Guest \\"Premium\\";P:pa\\\\ss\\;wo\\:rd\\,1;;',
    ),
    ("wifi", {"ssid": "OpenNet", "encryption": "nopass"}, "WIFI:T:nopass;S:OpenNet;;"),
    ("wifi", {"ssid": "x", "password": "y", "hidden": True}, "WIFI:T:WPA;S:x;P:y;H:true;;"),
    ("wifi", {"ssid": "x", "password": "y", "hidden": False}, "WIFI:T:WPA;S:x;P:y;;"),
    ("geo", {"lat": "51.5074", "lng": "-0.1278"}, "geo:51.5074,-0.1278"),
    (
        "vcard",
        {
            "firstName": "Jo",
            "lastName": "Smith; Jr",
            "phone": "+447700900123",
            "email": "jo@example.com",
            "org": "Smith, Sons & Co",
            "title": "Founder",
            "url": "example.com",
            "address": "1 Main Street\nLondon",
        },
        "BEGIN:VCARD\nVERSION:3.0\nN:Smith\\; Jr;Jo;;;\nFN:Jo Smith\\; Jr\n"
        "ORG:Smith\\, Sons & Co\nTITLE:Founder\nTEL;TYPE=CELL:+447700900123\n"
        "EMAIL;TYPE=INTERNET:jo@example.com\nURL:https://example.com\n"
        "ADR;TYPE=WORK:;;1 Main Street\\nLondon;;;;\nEND:VCARD",
    ),
    (
        "vcard",
        {"firstName": "Zoë", "phone": "+447700900123"},
        "BEGIN:VCARD\nVERSION:3.0\nN:;Zoë;;;\nFN:Zoë\nTEL;TYPE=CELL:+447700900123\nEND:VCARD",
    ),
]


@pytest.mark.parametrize(("type", "fields", "payload"), GOLDEN)
def test_a_payload_is_the_vendors_byte_for_byte(type: str, fields: Fields, payload: str) -> None:
    assert build_payload(type, fields) == payload


def test_there_are_nine_types() -> None:
    assert len(BUILDERS) == 9
    assert {type for type, _, _ in GOLDEN} == set(BUILDERS)


@pytest.mark.parametrize("type", [*BUILDERS, "crypto", ""])
def test_without_fields_no_payload_is_made(type: str) -> None:
    with pytest.raises(InvalidRequest):
        build_payload(type, {})


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        ("geo", {"lat": "91", "lng": "0"}),
        ("geo", {"lat": "north", "lng": "0"}),
        ("geo", {"lat": "nan", "lng": "0"}),
        ("wifi", {"ssid": "x", "encryption": "WPA9"}),
        ("whatsapp", {"phone": "call me"}),
        ("text", {"text": "x" * 2001}),
        ("text", {"text": "a\0b"}),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(type: str, fields: Fields) -> None:
    with pytest.raises(InvalidRequest):
        build_payload(type, fields)


words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).filter(
    lambda text: text == text.strip() and text != ""
)


@given(words, words)
def test_what_wifi_escapes_can_be_read_back(ssid: str, password: str) -> None:
    payload = build_payload("wifi", {"ssid": ssid, "password": password})
    assert payload.startswith("WIFI:T:WPA;")
    assert payload.endswith(";;")
    found = re.fullmatch(
        r"WIFI:T:WPA;S:((?:[^\\;,:\"]|\\.)*);P:((?:[^\\;,:\"]|\\.)*);;", payload, re.S
    )
    assert found is not None
    plain = [re.sub(r"\\(.)", r"\1", value, flags=re.S) for value in found.groups()]
    assert plain == [ssid, password]


@given(words, words)
def test_what_an_email_encodes_can_be_read_back(subject: str, body: str) -> None:
    payload = build_payload("email", {"email": "a@example.org", "subject": subject, "body": body})
    assert payload.isascii()
    assert "+" not in payload
    pairs = dict(pair.split("=", 1) for pair in payload.partition("?")[2].split("&"))
    assert {name: unquote(value) for name, value in pairs.items()} == {
        "subject": subject,
        "body": body,
    }


@given(words)
def test_what_whatsapp_encodes_can_be_read_back(message: str) -> None:
    payload = build_payload("whatsapp", {"phone": "+1 (2) 3", "message": message})
    parts = urlsplit(payload)
    assert (parts.netloc, parts.path) == ("wa.me", "/123")
    assert parse_qs(parts.query, strict_parsing=True) == {"text": [message]}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_value_adds_a_line_to_a_vcard(name: str) -> None:
    try:
        payload = build_payload("vcard", {"firstName": "Jo", "title": name, "address": name})
    except InvalidRequest:
        return
    lines = payload.split("\n")
    assert lines[0] == "BEGIN:VCARD"
    assert lines[-1] == "END:VCARD"
    assert len(lines) == 5 + (2 if name.strip() else 0)
    assert "\r" not in payload
