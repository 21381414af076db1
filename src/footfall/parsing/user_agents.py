"""From a User-Agent to the device, operating system and browser that it names.

Names and versions are uap-core's, by `ua-parser`. It has no class of devices; that follows the
conventions by which software names itself: Android's browsers say `Mobile` on a phone and not on
a tablet (https://developer.chrome.com/docs/privacy-security/user-agent-client-hints), and what
else Android runs on names its model. Decision record 0041 has the measurements.
"""

import re
from typing import Final

import ua_parser

READ_LENGTH_MAX: Final = 512
"""What comes after it is not read: a new user agent of 2 KB would hold up every scan for 7 ms."""

_NEITHER: Final = re.compile(
    r"tv(?<![a-z]tv)(?![a-z0-9])|(?:smart|google|android|apple|hbb|whale)tv|\batv\d|bravia"
    r"|; ?aft[a-z0-9]{1,8}\b|crkey|chromecast|\broku|web0s|netcast|vidaa|\bviera\b|brightsign"
    r"|set.?top|\bstb\b|(?<![a-hj-wyz])box\d?\b|oculus|\bquest (?:[2-9]|pro)\b|\bvr\b"
    r"|playstation|nintendo|apple ?vision|watch(?:\b|os)|\bsm-[rl]\d{3}"
)
"""Televisions, boxes, headsets, consoles and watches: many run Android, none is a phone."""

_DESKTOP_FIRST: Final = re.compile(r"windows nt|\bcros\b|chromebook")
"""`Tablet PC 2.0` is a component of Windows, and Chromebooks run Android's applications."""

_WINDOWS_PHONE: Final = re.compile(r"windows phone|wpdesktop|lumia")
_TABLET: Final = re.compile(
    r"ipad|\btablet\b(?! pc)|playbook|kindle|\bxoom\b|nexus (?:7|9|10)\b|\bsm-[tx]\d|\bsm-p[1-9]"
    r"|\bgt-p\d|mediapad|matepad|\btb-?[x0-9]|[ _]tab(?![a-z])|\btab[ _-]|\ba?pad(?![a-z])"
    r"|; ?kf[a-z]{2,6}\b|pixel c\b|transformer"
)
_MOBILE: Final = re.compile(
    r"mobi|iphone|ipod|windows phone|wpdesktop|lumia|blackberry|\bbb10\b|opera mini|symbian"
    r"|series ?[346]0|midp|j2me|\bkaios\b|\bwebos/|windows ce|\bbada\b|maemo|\bmaui\b|\bsm-f\d"
)
_DESKTOP: Final = re.compile(
    r"windows|macintosh|mac_powerpc|mac ?os|x11|linux (?:x86_64|aarch64|i[36]86|amd64)"
)
"""All of them are matched in lower case, which is faster than to ignore the case."""

_UNKNOWN_MODELS: Final = frozenset(
    {"K", "wv", "U", "Build", "Mobile", "Tablet", "Smartphone", "Feature Phone", "Desktop"}
)
"""`K` is the model of every device whose browser hides it; uap-core takes the others for one."""

_HIDDEN_VERSIONS: Final = frozenset(
    {("Mac OS X", "10.15.7"), ("Mac OS X", "10.15"), ("Chrome OS", "14541.0.0")}
)
"""What browsers say of every later version too
(https://www.chromium.org/updates/ua-reduction/)."""


def device_class(user_agent: str) -> str:
    """mobile, tablet, desktop, or "": unknown, or none of these (a television, a headset)."""
    lower = user_agent.lower()
    if _NEITHER.search(lower):
        return ""
    if _DESKTOP_FIRST.search(lower) and not _WINDOWS_PHONE.search(lower):
        return "desktop"
    if _TABLET.search(lower):
        return "tablet"
    if _MOBILE.search(lower):
        return "mobile"
    if "android" in lower:
        # Only browsers leave `Mobile` out on purpose; `Dalvik/` and other programs never say it.
        return "tablet" if lower.startswith("mozilla/") else "mobile"
    return "desktop" if _DESKTOP.search(lower) else ""


def operating_system(user_agent: str) -> str:
    """ios, android or "": what a tracker may have a destination of its own for."""
    if "Android" in user_agent:
        return "android"
    return "ios" if "iPhone" in user_agent or "iPad" in user_agent or "iPod" in user_agent else ""


def read_user_agent(text: str) -> dict[str, str]:
    """What a user agent tells of device, os and browser; what is unknown is left out. About
    120 µs: callers keep the answer."""
    text = text[:READ_LENGTH_MAX]
    result = ua_parser.parse(text)
    browser, system, device = result.user_agent, result.os, result.device
    make, model = _named((device and device.brand) or "", (device and device.model) or "")
    os = (system and system.family) or ""
    version = _version(system.major, system.minor, system.patch) if system else ""
    if (os, version) in _HIDDEN_VERSIONS or (device and device.model == "K" and version == "10"):
        version = ""
    read = {
        "device": device_class(text),
        "device_make": make,
        "device_model": model,
        "os": os,
        "os_version": version,
        "browser": (browser and browser.family) or "",
        "browser_version": _version(browser.major, browser.minor) if browser else "",
    }
    return {name: value for name, value in read.items() if value}


def _named(make: str, model: str) -> tuple[str, str]:
    """uap-core writes `Generic…` where it does not know the make, and of crawlers `Spider`."""
    if make == "Spider":
        return "", ""
    return (
        "" if make.startswith("Generic") else make,
        "" if model in _UNKNOWN_MODELS else model,
    )


def _version(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)
