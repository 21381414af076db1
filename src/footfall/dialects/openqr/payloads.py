"""What a static code holds: the nine payloads of `POST /v1/codes`, byte for byte OpenQR's.

The rules are those of the vendor's own clients, whose fixtures are checked against its server
(github.com/open-qr/openqr-extension, fixtures/golden-payloads.json): values are trimmed, and each
format escapes its own set of characters.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from footfall.core.errors import InvalidRequest

PAYLOAD_LENGTH_MAX: Final = 2000
"""In characters, as `data` of `/v1/qr`: what one symbol can hold and a camera can read."""

Fields = Mapping[str, str | bool | int | float | None]

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ABSOLUTE: Final = re.compile(r"[a-z][\w+.-]*://", re.I | re.A)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,3}(\.\d{1,20})?", re.A)
_FALSE: Final = frozenset({"", "false", "0", "no", "off"})


def build_payload(type: str, fields: Fields) -> str:
    """The text to put into the symbol. Raises InvalidRequest, naming the field."""
    build = BUILDERS.get(type)
    if build is None:
        raise InvalidRequest(f"type must be one of {', '.join(BUILDERS)}.")
    payload = build(fields)
    if _CONTROL.search(payload):
        raise InvalidRequest("fields contain control characters: remove them.")
    if len(payload) > PAYLOAD_LENGTH_MAX:
        raise InvalidRequest(
            f"The payload is too long: {len(payload)} characters, and at most "
            f"{PAYLOAD_LENGTH_MAX} fit. Shorten the fields."
        )
    return payload


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return ""
    return str(value).strip()


def _required(fields: Fields, name: str) -> str:
    value = _text(fields, name)
    if not value:
        raise InvalidRequest(f"fields.{name} is required and must not be empty.")
    return value


def _encode(text: str) -> str:
    """As JavaScript's encodeURIComponent."""
    return quote(text, safe="!*'()")


def _absolute(url: str) -> str:
    return url if _ABSOLUTE.match(url) or url.startswith("mailto:") else f"https://{url}"


def _url(fields: Fields) -> str:
    return _absolute(_required(fields, "url"))


def _plain_text(fields: Fields) -> str:
    return _required(fields, "text")


def _email(fields: Fields) -> str:
    pairs = [
        f"{name}={_encode(value)}" for name in ("subject", "body") if (value := _text(fields, name))
    ]
    return f"mailto:{_required(fields, 'email')}" + ("?" + "&".join(pairs) if pairs else "")


def _phone(fields: Fields) -> str:
    return f"tel:{_required(fields, 'phone')}"


def _sms(fields: Fields) -> str:
    message = _text(fields, "message")
    return f"SMSTO:{_required(fields, 'phone')}" + (f":{message}" if message else "")


def _whatsapp(fields: Fields) -> str:
    digits = re.sub(r"[^0-9]", "", _required(fields, "phone"))
    if not digits:
        raise InvalidRequest("fields.phone must contain the digits of a phone number.")
    message = _text(fields, "message")
    return f"https://wa.me/{digits}" + (f"?text={_encode(message)}" if message else "")


def _escape_wifi(text: str) -> str:
    return re.sub(r'([\\;,:"])', r"\\\1", text)


def _wifi(fields: Fields) -> str:
    encryption = _text(fields, "encryption") or "WPA"
    if encryption not in ("WPA", "WEP", "nopass"):
        raise InvalidRequest("fields.encryption must be WPA, WEP or nopass.")
    parts = [f"T:{encryption}", f"S:{_escape_wifi(_required(fields, 'ssid'))}"]
    if encryption != "nopass":
        parts.append(f"P:{_escape_wifi(_text(fields, 'password'))}")
    hidden = fields.get("hidden")
    if hidden is True or (hidden and str(hidden).strip().lower() not in _FALSE):
        parts.append("H:true")
    return f"WIFI:{';'.join(parts)};;"


def _geo(fields: Fields) -> str:
    values = []
    for name, most in (("lat", 90), ("lng", 180)):
        value = _required(fields, name)
        if not _DECIMAL.fullmatch(value) or abs(float(value)) > most:
            raise InvalidRequest(
                f"fields.{name} must be a decimal number from -{most} to {most}, as 51.5074."
            )
        values.append(value)
    return f"geo:{','.join(values)}"


def _escape_vcard(text: str) -> str:
    """Not the colon: URLs stay readable."""
    return re.sub(r"\r\n|\r|\n", r"\\n", re.sub(r"([\\;,])", r"\\\1", text))


def _vcard(fields: Fields) -> str:
    first, last, phone, email, url = (
        _text(fields, name) for name in ("firstName", "lastName", "phone", "email", "url")
    )
    full = " ".join(name for name in (first, last) if name)
    if not (full or phone or email):
        raise InvalidRequest("A vcard needs fields.firstName, lastName, phone or email.")
    lines = [
        ("ORG:{}", _text(fields, "org")),
        ("TITLE:{}", _text(fields, "title")),
        ("TEL;TYPE=CELL:{}", phone),
        ("EMAIL;TYPE=INTERNET:{}", email),
        ("URL:{}", _absolute(url) if url else ""),
        ("ADR;TYPE=WORK:;;{};;;;", _text(fields, "address")),
    ]
    return "\n".join(
        [
            "BEGIN:VCARD",
            "VERSION:3.0",
            f"N:{_escape_vcard(last)};{_escape_vcard(first)};;;",
            f"FN:{_escape_vcard(full)}",
            *(form.format(_escape_vcard(value)) for form, value in lines if value),
            "END:VCARD",
        ]
    )


BUILDERS: Final[Mapping[str, Callable[[Fields], str]]] = {
    "url": _url,
    "text": _plain_text,
    "email": _email,
    "phone": _phone,
    "sms": _sms,
    "whatsapp": _whatsapp,
    "wifi": _wifi,
    "geo": _geo,
    "vcard": _vcard,
}
