"""What a user agent tells of a device."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from footfall.parsing.user_agents import device_class, read_user_agent

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WEBVIEW = f"{WEBKIT} Version/4.0 Chrome/120.0.0.0"
PHONE = f"Mozilla/5.0 (Linux; Android 13; SM-S911B Build/TP1A; wv) {WEBVIEW} Mobile Safari/537.36"
PLATE = f"Mozilla/5.0 (Linux; Android 13; 22081283G Build/TP1A; wv) {WEBVIEW} Safari/537.36"
IN_APPS = (
    "Instagram 296.0.0.35.109 Android (33/13; 480dpi; 1080x2115; samsung; SM-S911B; dm1q)",
    "Barcelona 301.0.0.0 Android (33/13; 480dpi; 1080x2115; samsung; SM-S911B; dm1q)",
    "Snapchat/12.50.0.29 (Android 13#33; gzip)",
    "TwitterAndroid",
    "MicroMessenger/8.0.40 Weixin NetType/WIFI Language/en ABI/arm64 Android",
    "Outlook-Android/4.2347",
    "[FB_IAB/FB4A;FBAV/440.0.0.30.109;FBDV/Android;]",
)


@pytest.mark.parametrize("app", IN_APPS)
def test_a_device_in_an_applications_browser_has_its_own_class(app: str) -> None:
    assert device_class(f"{PHONE} {app}") == "mobile"
    assert device_class(f"{PLATE} {app}") == "tablet"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/124.0.0.0 Mobile Safari", "mobile"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/124.0.0.0 Safari", "tablet"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0", "mobile"),
        ("Mozilla/5.0 (Android 14; Tablet; rv:125.0) Gecko/125.0 Firefox/125.0", "tablet"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148", "mobile"),
        ("Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) Mobile/15E148", "tablet"),
        ("Opera/9.80 (Android 2.3.3; Linux; Opera Mobi/ADR-1111101157) Presto/2.9.201", "mobile"),
        ("Opera/9.80 (Android 4.0; Linux; Opera Tablet/ADR-1203051631) Presto/2.10", "tablet"),
        ("Dalvik/2.1.0 (Linux; U; Android 11; SM-G991B Build/RP1A.200720.012)", "mobile"),
        ("Dalvik/2.1.0 (Linux; U; Android 11; SM-T500 Build/RP1A.200720.012)", "tablet"),
        ("Snapchat/12.50.0.29 (SM-G991B; Android 13#G991BXXS9EWG1#33; gzip) V/MUSHROOM", "mobile"),
        ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Tablet PC 2.0)", "desktop"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/125.0", "desktop"),
        ("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) Mobile", "mobile"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/124.0.0.0", "desktop"),
        (f"Mozilla/5.0 (Linux; Android 9; HP Chromebook 13 G1) {WEBKIT} Chrome/80", "desktop"),
        (f"Mozilla/5.0 (Linux; Android 9; KFMAWI) {WEBKIT} Silk/108.4.6 Safari", "tablet"),
        (f"Mozilla/5.0 (Linux; Android 9; CUBOT_X19) {WEBKIT} Chrome/80 Mobile Safari", "mobile"),
        (f"Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2) {WEBKIT} Chrome/100.0 Safari", ""),
        (f"Mozilla/5.0 (Linux; Android 12; SHIELD Android TV) {WEBKIT} Chrome/120 Safari", ""),
        (f"Mozilla/5.0 (Linux; Android 7.1.2; AFTS) {WEBKIT} Chrome/70.0 Mobile Safari", ""),
        (f"Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) {WEBKIT} TV Safari/537.36", ""),
        (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {WEBKIT} Chrome/79.0 Safari", ""),
        (f"Mozilla/5.0 (Linux; Android 12; Quest 2) {WEBKIT} OculusBrowser/30.0 VR Safari", ""),
        ("Dalvik/2.1.0 (Linux; U; Android 9; BRAVIA 4K GB ATV3 Build/PTT1)", ""),
        ("Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 Safari/605.1.15", ""),
        (f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT} Mobile Safari After/2.1", "mobile"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4) {WEBKIT} Mobile/15E148 Dropbox/3", "mobile"),
        (f"Mozilla/5.0 (Linux; Android 11; MiBOX4 Build/RTT) {WEBKIT} Chrome/100 Safari", ""),
        ("curl/8.5.0", ""),
        ("?", ""),
    ],
)
def test_devices_have_a_class(user_agent: str, device: str) -> None:
    assert device_class(user_agent) == device


FROZEN = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/124.0.0.0 Mobile Safari/537.36"
HIDDEN = ("device_make", "device_model", "os_version")


@pytest.mark.parametrize(
    "user_agent",
    [
        FROZEN,
        FROZEN.replace("Mobile ", ""),
        f"{FROZEN} EdgA/124.0.0.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ],
)
def test_what_a_browser_hides_is_unknown(user_agent: str) -> None:
    read = read_user_agent(user_agent)
    assert not [name for name in HIDDEN if name in read]


@pytest.mark.parametrize(
    ("user_agent", "known"),
    [
        (PHONE, {"device_make": "Samsung", "device_model": "SM-S911B", "os_version": "13"}),
        (PLATE, {"device_model": "22081283G", "os_version": "13"}),
        (
            f"Mozilla/5.0 (Linux; Android 10; Pixel 3) {WEBKIT} Chrome/124 Mobile Safari/537.36",
            {"device_make": "Google", "device_model": "Pixel 3", "os_version": "10"},
        ),
        ("Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0", {"os_version": "14"}),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Chrome/124.0.0.0",
            {"device_make": "Apple", "device_model": "Mac"},
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) {WEBKIT} Chrome/99.0",
            {"device_make": "Apple", "device_model": "Mac", "os_version": "10.14.6"},
        ),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/124.0.0.0", {}),
    ],
)
def test_make_model_and_version_are_those_that_are_named(
    user_agent: str, known: dict[str, str]
) -> None:
    read = read_user_agent(user_agent)
    assert {name: read[name] for name in HIDDEN if name in read} == known


@given(some.text() | some.from_regex(r"(Mozilla/5\.0 \(|Android|Mobile|K\)|[; ])*", fullmatch=True))
def test_any_text_has_a_class(text: str) -> None:
    read = read_user_agent(text)
    assert read.get("device", "") in {"", "mobile", "tablet", "desktop"}
    assert not read.get("device_make", "").startswith("Generic")
    assert all(read.values())
