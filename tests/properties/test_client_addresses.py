"""Addresses as proxies and logs write them: with a port, brackets, quotes, or nonsense."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from footfall.capture.client_address import TrustedProxies, node_address
from footfall.capture.enrichment import plain_address

nodes = some.text(max_size=12) | some.text(alphabet='0128af.:[]"%_ ,;=', max_size=24)
addresses = some.ip_addresses().map(lambda ip: plain_address(str(ip)))
ports = some.sampled_from(["", ":", ":443", ":65535", ":_hidden"])


def written(address: str, port: str, *, quoted: bool) -> str:
    bracketed = f"[{address}]{port}" if ":" in address else f"{address}{port}"
    return f'"{bracketed}"' if quoted else bracketed


@given(nodes)
def test_any_text_is_an_address_or_none_and_an_address_stays_as_it_is(text: str) -> None:
    address = node_address(text)
    assert node_address(address) == address
    if address:
        assert str(ipaddress.ip_address(address)) == address


@given(addresses, ports, some.booleans())
def test_an_address_is_read_with_and_without_port_brackets_and_quotes(
    address: str, port: str, quoted: bool
) -> None:
    assert node_address(f" {written(address, port, quoted=quoted)} ") == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.9:51234", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("'203.0.113.9'", "203.0.113.9"),
        ("::ffff:203.0.113.9:51234", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:51234", "203.0.113.9"),
        ("2001:db8:0:0:0:0:0:1:443", "2001:db8::1"),
        ("2001:db8::1:51234", "2001:db8::1"),
        ("2001:db8::1:4711", "2001:db8::1:4711"),
        ("[fe80::1%eth0]:80", "fe80::1"),
        ("203.0.113.9:99999", ""),
        ("203.0.113.9:port", ""),
        ("example.org:443", ""),
        ("unix:", ""),
        ("unknown", ""),
        ("_hidden", ""),
        ("[", ""),
        ("9" * 5000, ""),
    ],
)
def test_forms_that_proxies_send(text: str, address: str) -> None:
    assert node_address(text) == address


def client(header: str, hops: int, *lines: str) -> str:
    name = header.lower().encode()
    headers = [(name, line.encode("utf-8", "surrogatepass")) for line in lines]
    return TrustedProxies(hops, header).client_address({"headers": headers})


@settings(max_examples=50)
@given(some.lists(nodes, max_size=3), addresses, ports, some.booleans())
def test_nothing_that_a_client_claims_changes_what_the_trusted_proxy_appends(
    claims: list[str], address: str, port: str, quoted: bool
) -> None:
    node = written(address, port, quoted=quoted)
    whole = ", ".join([*claims, node])
    assert client("X-Forwarded-For", 1, whole) == address
    forwarded = f'"{node}"' if not quoted and (":" in node) else node
    for element in (f"for={forwarded}", f'proto=https;For={forwarded} ; host="a,b;for=192.0.2.1"'):
        assert client("Forwarded", 1, ", ".join([*claims, element])) == address
        assert client("Forwarded", 1, *claims, element) == address
        assert client("Forwarded", 2, ", ".join([*claims, element, "for=10.0.0.1"])) == address


@settings(max_examples=50)
@given(some.lists(nodes, max_size=4), some.integers(1, 3))
def test_any_header_gives_an_address_or_none(lines: list[str], hops: int) -> None:
    for header in ("X-Forwarded-For", "Forwarded"):
        address = client(header, hops, *lines)
        assert node_address(address) == address


def test_an_element_without_an_address_is_an_unknown_client() -> None:
    for line in ("for=unknown", "for=_gazonk", "by=203.0.113.43", "for=", "", ";;", 'for="'):
        assert client("Forwarded", 1, line) == ""
    assert client("Forwarded", 2, "for=203.0.113.9") == ""
