"""What becomes of a sighting: the decision, the fields, the verdict, the privacy."""

import ipaddress
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from footfall.capture.enrichment import (
    COARSE_FIELDS,
    EnrichmentContext,
    Found,
    RequestContext,
    enrich,
    external_referrer,
    plain_address,
    referrer_host,
    truncate,
)
from footfall.capture.recorder import Action, decide
from footfall.core.accounts import Privacy
from footfall.core.classification import Rules, classify_user_agent
from footfall.core.events import EventKind, Verdict
from footfall.core.trackers import Lock, Tracker, TrackerStatus, append_parameters
from footfall.store.query.classification import classify_stored
from tests.support.running import PHONE

NOW = 1_790_000_000_000
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
TABLET = "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)
AROUND = EnrichmentContext(
    place=lambda ip: Found({"country": "NL"} if ip.startswith("203.") else {}),
    visitor_salt=lambda at: b"salt of " + str(at // 86_400_000).encode(),
)
RULES = Rules(internal=(ipaddress.ip_network("198.51.100.0/24"),))


def request(**fields: str) -> RequestContext:
    seen = RequestContext(at=NOW, ip="203.0.113.77", user_agent=PHONE)
    return msgspec.structs.replace(seen, **fields)


def tracker(**fields: object) -> Tracker:
    facts = {
        "id": 1,
        "account": 1,
        "slug": "menu",
        "kind": EventKind.SCAN,
        "source": "openqr",
        "destination": "https://example.org/menu",
        "privacy": Privacy.FULL,
        **fields,
    }
    return Tracker(**facts)  # type: ignore[arg-type]


def test_a_phone_is_sent_to_the_destination_of_its_system() -> None:
    one = tracker(destinations={"ios": "https://apps.example/ios"})
    assert decide(one, request()).landing == "https://apps.example/ios"
    assert decide(one, request(user_agent=ANDROID)).landing == "https://example.org/menu"


def test_a_paused_tracker_is_inactive_and_the_scan_refused() -> None:
    decision = decide(tracker(status=TrackerStatus.PAUSED), request())
    assert (decision.action, decision.verdict) == (Action.INACTIVE, Verdict.REFUSED)


def test_a_pause_with_an_end_ends_by_itself() -> None:
    assert decide(tracker(pause_until=NOW + 1), request()).action is Action.INACTIVE
    assert decide(tracker(pause_until=NOW), request()).action is Action.REDIRECT


def test_a_locked_tracker_asks_before_it_redirects() -> None:
    locked = tracker(lock=Lock(password_hash="x"))
    assert decide(locked, request()).action is Action.UNLOCK
    assert decide(locked, request(), unlocked=True).action is Action.REDIRECT


def test_utm_parameters_are_appended_and_never_clobber_what_is_there() -> None:
    utm = (("utm_source", "poster"), ("utm_medium", "qr & print"))
    assert (
        append_parameters("https://example.org/?utm_source=own&q=a%20b#top", utm)
        == "https://example.org/?utm_source=own&q=a%20b&utm_medium=qr+%26+print#top"
    )
    assert append_parameters("https://example.org/x", ()) == "https://example.org/x"


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, Verdict.COUNTED),
        ({"user_agent": "curl/8.5.0"}, Verdict.COUNTED),
        ({"user_agent": ""}, Verdict.COUNTED),
        ({"user_agent": "WhatsApp/2.23.20.0"}, Verdict.PREVIEW),
        ({"user_agent": "Slackbot-LinkExpanding 1.0"}, Verdict.PREVIEW),
        ({"user_agent": "TelegramBot (like TwitterBot)"}, Verdict.PREVIEW),
        ({"user_agent": "facebookexternalhit/1.1"}, Verdict.PREVIEW),
        ({"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, Verdict.BOT),
        ({"user_agent": "python-requests/2.32"}, Verdict.BOT),
        ({"purpose": "prefetch;prerender"}, Verdict.PREFETCH),
        ({"purpose": "preview"}, Verdict.PREVIEW),
        ({"ip": "198.51.100.9"}, Verdict.INTERNAL),
    ],
)
def test_every_sighting_gets_a_verdict(fields: dict[str, str], verdict: Verdict) -> None:
    found = enrich(request(**fields), EventKind.SCAN, Privacy.FULL, AROUND, RULES)
    assert found["verdict"] is verdict
    assert verdict is Verdict.COUNTED or found["reason"]


def test_a_scanner_app_is_not_a_bot() -> None:
    assert classify_user_agent(f"{PHONE} QRScanner/3.1", RULES)["verdict"] is Verdict.COUNTED


def test_full_privacy_keeps_what_was_seen() -> None:
    seen = request(referrer="https://www.news.example:8443/a?b", accept_language="nl-NL,nl;q=0.9")
    found = enrich(seen, EventKind.SCAN, Privacy.FULL, AROUND, RULES)
    assert found["ip"] == "203.0.113.77"
    assert (found["os"], found["browser"], found["device"]) == ("iOS", "Mobile Safari", "mobile")
    assert (found["country"], found["language"]) == ("NL", "nl-NL")
    assert found["referrer_host"] == "news.example"
    assert found["visitor"] > 0


def test_an_address_is_written_in_its_usual_form_or_not_at_all() -> None:
    assert plain_address("2001:DB8:0:0::1") == "2001:db8::1"
    assert plain_address("::ffff:203.0.113.9") == "203.0.113.9"
    assert plain_address("fe80::1%eth0") == "fe80::1"
    assert plain_address("203.0.113.9:443") == ""
    assert plain_address("unknown") == ""


def test_truncated_privacy_cuts_the_address_to_its_network() -> None:
    assert (
        enrich(request(), EventKind.SCAN, Privacy.TRUNCATED, AROUND, RULES)["ip"] == "203.0.113.0"
    )
    assert truncate("2001:db8:1:2::3") == "2001:db8:1::"
    assert truncate("::ffff:203.0.113.9") == "203.0.113.0"
    assert truncate("unknown") == ""


def test_coarse_privacy_lets_nothing_personal_through() -> None:
    seen = request(referrer="https://news.example/private?me", accept_language="nl")
    found = enrich(seen, EventKind.SCAN, Privacy.COARSE, AROUND, RULES)
    assert set(found) <= set(COARSE_FIELDS)
    assert found["referrer_host"] == "news.example"
    assert (found["country"], found["device"]) == ("NL", "mobile")


def test_a_coarse_reason_says_nothing_of_the_persons_software() -> None:
    seen = request(user_agent="WhatsApp/2.23.20.0")
    assert (
        enrich(seen, EventKind.SCAN, Privacy.FULL, AROUND, RULES)["reason"]
        == "user agent: WhatsApp"
    )
    assert enrich(seen, EventKind.SCAN, Privacy.COARSE, AROUND, RULES)["reason"] == "user agent"


@pytest.mark.parametrize(
    ("user_agent", "reason"),
    [
        ("Mozilla/5.0", "privacy relay: Apple Mail"),
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "mail proxy: Gmail",
        ),
        (
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            "mail proxy: Yahoo Mail",
        ),
    ],
)
def test_a_mail_that_a_machine_fetched_is_a_machine_open(user_agent: str, reason: str) -> None:
    seen = request(user_agent=user_agent)
    found = enrich(seen, EventKind.OPEN, Privacy.FULL, AROUND, RULES)
    assert (found["verdict"], found["reason"]) == (Verdict.MACHINE_OPEN, reason)
    coarse = enrich(seen, EventKind.OPEN, Privacy.COARSE, AROUND, RULES)
    assert coarse["reason"] == reason.partition(":")[0]
    clicked = enrich(seen, EventKind.CLICK, Privacy.FULL, AROUND, RULES)
    assert clicked["verdict"] is not Verdict.MACHINE_OPEN


def test_a_prefetch_by_a_mail_proxy_stays_a_prefetch() -> None:
    seen = request(user_agent="Mozilla/5.0", purpose="prefetch")
    found = enrich(seen, EventKind.OPEN, Privacy.FULL, AROUND, RULES)
    assert found["verdict"] is Verdict.PREFETCH
    inside = request(user_agent="Mozilla/5.0", ip="198.51.100.9")
    found = enrich(inside, EventKind.OPEN, Privacy.FULL, AROUND, RULES)
    assert found["verdict"] is Verdict.INTERNAL


def test_a_mail_that_a_persons_own_software_fetched_is_counted() -> None:
    found = enrich(request(user_agent=PHONE), EventKind.OPEN, Privacy.FULL, AROUND, RULES)
    assert found["verdict"] is Verdict.COUNTED


def test_a_visitor_is_the_same_today_and_another_tomorrow() -> None:
    today = enrich(request(), EventKind.SCAN, Privacy.FULL, AROUND, RULES)["visitor"]
    again = enrich(request(), EventKind.SCAN, Privacy.FULL, AROUND, RULES)["visitor"]
    later = request()
    later.at += 86_400_000
    assert today == again != enrich(later, EventKind.SCAN, Privacy.FULL, AROUND, RULES)["visitor"]


def test_the_country_of_a_trusted_proxy_goes_before_the_address() -> None:
    assert (
        enrich(request(country="BE"), EventKind.SCAN, Privacy.COARSE, AROUND, RULES)["country"]
        == "BE"
    )


@pytest.mark.parametrize("referrer", ["", "android-app://", "http://[", "not a url", "//"])
def test_a_strange_referrer_has_no_host(referrer: str) -> None:
    assert referrer_host(referrer) == ""


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://www.News.example:8080/a", "news.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://m.example./", "m.example"),
        ("https://www.Example.org.:443/", "example.org"),
        ("https://BÜCHER.example./", "xn--bcher-kva.example"),
        ("https://www.b%C3%BCcher.example/", "xn--bcher-kva.example"),
        ("https://XN--BCHER-KVA.example/", "xn--bcher-kva.example"),
        ("https://www.com/", "www.com"),
        ("https://www.www.com/", "www.com"),
        ("https://www/", "www"),
        ("android-app://com.example.mail_app/", "com.example.mail_app"),
        ("http://192.0.2.7/", "192.0.2.7"),
        ("http://[2001:DB8::1]:3000/", "2001:db8::1"),
    ],
)
def test_the_host_of_a_referrer_is_the_one_that_a_browser_would_name(
    referrer: str, host: str
) -> None:
    assert referrer_host(referrer) == host


@pytest.mark.parametrize(
    ("referrer", "page", "kept"),
    [
        ("https://example.org/a", "https://example.org/b", False),
        ("https://www.example.org./a", "http://EXAMPLE.org:8080/b", False),
        ("https://bücher.example/", "https://xn--bcher-kva.example/b", False),
        ("https://news.example/", "https://example.org/b", True),
        ("https://blog.example.org/", "https://example.org/b", True),
        ("https://news.example/", "", True),
        ("not a url", "not a url", True),
    ],
)
def test_the_site_of_a_page_is_no_referrer_of_it(referrer: str, page: str, kept: bool) -> None:
    assert external_referrer(referrer, page) == (referrer if kept else "")


@given(some.text() | some.from_regex(r"[a-z.'\"`$();!&|<>%-]+", fullmatch=True), some.booleans())
def test_no_referrer_host_has_a_character_that_no_host_has(text: str, is_address: bool) -> None:
    host = f"[fe80::1%25{text}]" if is_address else f"{text}.example"
    for referrer in (f"https://{host}/", f"https://user@{host}:80/x", f"//{host}"):
        assert re.fullmatch(r"[a-z0-9_.:-]*", referrer_host(referrer))


def test_a_shell_command_in_a_referrer_is_not_kept_as_a_host() -> None:
    assert referrer_host("https://x';id>pwned;'/") == ""


@pytest.mark.parametrize(
    ("user_agent", "classified"),
    [
        ("AcmeMonitor/2", ("bot", "user agent: acmemon")),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", ("counted", "")),
        ("WhatsApp/2.23", ("preview", "user agent: WhatsApp")),
        ("acmemonitor googlebot", ("counted", "")),
    ],
)
def test_an_accounts_own_words_come_before_the_list(
    user_agent: str, classified: tuple[str, str]
) -> None:
    rules = Rules(bots=("acmemon",), not_bots=("googlebot",))
    found = enrich(request(user_agent=user_agent), EventKind.SCAN, Privacy.FULL, AROUND, rules)
    assert (found["verdict"], found.get("reason", "")) == classified
    assert classify_stored(EventKind.SCAN, "", user_agent, rules) == classified


@pytest.mark.parametrize(
    ("ip", "network", "classified"),
    [
        ("203.0.113.7", "203.0.113.7/32", Verdict.INTERNAL),
        ("203.0.113.8", "203.0.113.7/32", Verdict.COUNTED),
        ("203.0.113.0", "203.0.113.7/32", None),
        ("203.0.113.0", "203.0.113.0/24", Verdict.INTERNAL),
        ("203.0.114.0", "203.0.113.0/24", Verdict.COUNTED),
        ("2001:db8:7::", "2001:db8:7:1::/64", None),
        ("2001:db8:7::", "2001:db8::/32", Verdict.INTERNAL),
    ],
)
def test_an_address_that_was_cut_is_classified_again_only_where_that_can_be_told(
    ip: str, network: str, classified: Verdict | None
) -> None:
    rules = Rules(internal=(ipaddress.ip_network(network),))
    found = classify_stored(EventKind.SCAN, ip, PHONE, rules)
    assert (found and found[0]) == classified
