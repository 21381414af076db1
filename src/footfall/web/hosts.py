"""The spellings of a host in a `Host` header."""


def host_spellings(host: str) -> frozenset[str]:
    """Every spelling of a host that a `Host` header may have in lower case: with a final dot (RFC
    3986, section 3.2.2), and with the port of http or https, which is the same as none (RFC 9110,
    section 7.2; RFC 3986, section 6.2.3). A host with another port is only itself. Empty for "".

    The proxy in front decides about TLS, so both default ports are taken.
    """
    if not host:
        return frozenset()
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        name, ports = host, ["", ":", ":80", ":443"]
    else:
        ports = [f":{port}"]
    names = (name,) if name.endswith("]") else (name, f"{name}.")
    return frozenset(f"{one}{port}" for one in names for port in ports)
