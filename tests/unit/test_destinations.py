import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.core.destinations import (
    LENGTH_MAX,
    DestinationRules,
    is_public,
    read_destination,
)
from footfall.core.errors import InvalidRequest, UnsafeDestination

OWN = ("http://localhost:3000/s/", "https://go.example.org/")
PUBLIC = DestinationRules(OWN)
TRIAL = DestinationRules(OWN, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://example.org:8080/menu?x=1&y=%20#top",
        "https://example.org/menu?",
        "HTTPS://Example.ORG/Menu",
        "http://8.8.8.8/x",
        "http://[2606:4700::1111]/",
        "http://[::ffff:8.8.8.8]/",
        "https://example.org/s/abc",
        "https://xn--mnchen-3ya.de/",
    ],
)
def test_a_public_destination_stays_byte_for_byte(url: str) -> None:
    assert read_destination(url, PUBLIC) == url


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://münchen.de/ü?ä=ö", "https://xn--mnchen-3ya.de/%C3%BC?%C3%A4=%C3%B6"),
        ("http://[2606:4700::1111]/é", "http://[2606:4700::1111]/%C3%A9"),
        ("  https://example.org  ", "https://example.org"),
        ("https://💩.la/", "https://xn--ls8h.la/"),
        ("https://i❤.ws/x", "https://xn--i-7iq.ws/x"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://ｅxample.org/a?b=ü", "https://example.org/a?b=%C3%BC"),
        ("https://ex%61mple.org/a", "https://example.org/a"),
        ("http://0x08080808/a", "http://8.8.8.8/a"),
    ],
)
def test_other_letters_are_encoded_as_a_browser_does(given: str, kept: str) -> None:
    assert read_destination(given, PUBLIC) == kept


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "api.localhost",
        "printer.local",
        "printer.local.",
        "db.internal",
        "nas.home.arpa",
        "intranet",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "①②⑦.0.0.1",
        "%31%32%37.0.0.1",
        "127。0。0。1",
        "[::]",
        "[::1]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:db8::1]",
    ],
)
def test_a_private_address_is_unsafe_in_every_notation(host: str) -> None:
    with pytest.raises(UnsafeDestination):
        read_destination(f"http://{host}/x", PUBLIC)
    assert read_destination(f"http://{host}:9/x", TRIAL)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org",
        "ftp://example.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://",
        "http:///x",
        "http://a..b.org",
        "https://q.xn--ls8hE/",
        "https://xn--a.example/",
        "http://-a.org",
        "http://1.2.3.08",
        "http://1.2.3.4.5",
        "http://example.org:99999",
        "http://[fe80::1%25eth0]/",
        "http://example.org\\@127.0.0.1",
        "http://exa mple.org",
        "http://example.org/\r\nSet-Cookie: x",
        "http://[::1",
        "https://example.org/" + "x" * LENGTH_MAX,
    ],
)
def test_what_is_no_web_link_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_destination(url, TRIAL)
    assert "destination" in refused.value.message


@pytest.mark.parametrize("url", ["https://a@example.org", "https://example.org@evil.org"])
def test_a_user_name_is_unsafe(url: str) -> None:
    with pytest.raises(UnsafeDestination):
        read_destination(url, TRIAL)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/s/abc",
        "https://localhost:3000/s/abc",
        "http://127.0.0.1:3000/s/abc",
        "http://127.1:3000/%73/abc",
        "http://[::1]:3000//s/abc",
        "http://localhost:3000/x/../s/abc",
        "http://localhost:3000/S/ABC",
        "http://localhost:3000//s/abc/",
        "http://go.example.org/abc",
        "https://GO.example.org",
    ],
)
def test_our_own_short_links_are_unsafe_even_in_a_trial(url: str) -> None:
    with pytest.raises(UnsafeDestination, match="circle"):
        read_destination(url, TRIAL)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:3000/page", "http://localhost:9/s/abc", "https://go.example.org:8443/x"],
)
def test_a_place_beside_our_short_links_is_none_of_them(url: str) -> None:
    assert read_destination(url, TRIAL) == url


@given(st.text(max_size=60))
def test_any_text_is_a_destination_or_says_why_not(text: str) -> None:
    for url in (text, f"http://{text}", f"https://example.org/{text}"):
        try:
            kept = read_destination(url, PUBLIC)
        except InvalidRequest:
            continue
        assert kept.isascii()
        assert kept.lower().startswith(("http://", "https://"))
        assert not any(ord(letter) <= 32 for letter in kept)


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_every_notation_of_an_address_is_classified_alike(number: int) -> None:
    octets = number.to_bytes(4, "big")
    notations = [
        ".".join(str(octet) for octet in octets),
        ".".join(f"0x{octet:x}" for octet in octets),
        ".".join(f"0{octet:o}" for octet in octets),
        str(number),
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]",
    ]
    verdicts = set()
    for notation in notations:
        try:
            read_destination(f"http://{notation}/", PUBLIC)
        except UnsafeDestination:
            verdicts.add("unsafe")
        else:
            verdicts.add("public")
    assert len(verdicts) == 1


@pytest.mark.parametrize(
    "ip",
    [
        "192.0.0.192",  # of the IETF's protocol assignments
        "192.88.99.1",
        "240.0.0.1",
        "::8.8.8.8",  # IPv4-compatible: a system may connect to what it carries
        "::ffff:0:7f00:1",  # IPv4-translated
        "::ffff:0:808:808",
        "64:ff9b:1::808:808",
        "64:ff9b::a00:1",
        "100::1",
        "2001::1",  # Teredo
        "2001:2::1",
        "2002:a00:1::",  # 6to4
        "2606:4700::5efe:a00:1",  # ISATAP
        "2606:4700:0:0:200:5efe:192.168.0.1",
        "3fff::1",
        "5f00::1",
        "4000::1",  # not assigned to anybody
        "fec0::1",
        "fe80::1%eth0",
        "ff0e::1",
    ],
)
def test_what_iana_does_not_call_globally_reachable_is_private(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        *("8.8.8.8", "192.0.0.9", "192.0.1.1", "192.31.196.1"),
        *("2606:4700::1111", "2001:4:112::1", "2a00:1450::1", "64:ff9b::808:808"),
        *("::ffff:8.8.8.8", "2606:4700::5efe:808:808"),
    ],
)
def test_what_the_public_internet_reaches_is_public(ip: str) -> None:
    assert is_public(ip)
