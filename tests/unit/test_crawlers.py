"""Which user agents are programs, and of what kind."""

import time

import pytest

from footfall.core.classification import Rules, classify_request
from footfall.core.events import EventKind, Verdict
from footfall.parsing.crawlers import LIST

RULES = Rules()
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; ms-office; MSOffice 16)"


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; mailto:support@bsky.app)",
        "Pleroma 2.5.0; https://social.example <admin@social.example>",
        "Akkoma 3.10.4-0-gebfb617; https://social.example",
        "Misskey/2024.3.1 (https://social.example)",
        "GoToSocial/0.17.0 (+https://social.example)",
        "Mozilla/5.0 (compatible; ZulipURLPreview/8.2; +https://chat.example)",
        "Mozilla/5.0 (compatible; Rocket.Chat/6.5)",
        "XING-contenttabreceiver/2.0",
        "matrix-media-repo",
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Word 16.0.5056; Pro)",
        OUTLOOK,
    ],
)
def test_a_link_preview_is_no_visit(user_agent: str) -> None:
    assert classify_request(EventKind.SCAN, "", user_agent, RULES)["verdict"] is Verdict.PREVIEW


@pytest.mark.parametrize(
    "user_agent",
    [
        "GuzzleHttp/7",
        "reqwest/0.11.27",
        "undici",
        "node",
        "hackney/1.18.0",
        "Java/17.0.2",
        "kube-probe/1.27",
        "GoogleHC/1.0",
        "Prometheus/2.45.0",
        "Barracuda Sentinel (EE)",
        "Mozilla/5.0 (compatible; SafeLinks/1.0)",
        "Proofpoint URL Defense",
        "Mozilla/5.0 (compatible; Unheard-Of/0.1; +https://unheard.example/why)",
        "Mozilla/5.0 (compatible; UnheardOf/0.1)",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 unheard-crawler/2",
    ],
)
def test_a_program_is_a_bot(user_agent: str) -> None:
    assert classify_request(EventKind.SCAN, "", user_agent, RULES)["verdict"] is Verdict.BOT


@pytest.mark.parametrize(
    "user_agent",
    [
        f"Mozilla/5.0 (Linux; Android 9; CUBOT_X19) {CHROME} Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 9; CUBOT) {CHROME} Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 13; Spider 8) {CHROME} Safari/537.36",
        f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Rocket.Chat/4.1 Electron/31 Safari/537.36",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} ZulipElectron/5.11 Electron/31",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148 XING/9.1",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
        "Mozilla/5.0 (compatible; Konqueror/4.5; Linux) KHTML/4.5.4 (like Gecko)",
        "curl/8.5.0",
        "",
    ],
)
def test_a_persons_software_is_counted(user_agent: str) -> None:
    assert classify_request(EventKind.SCAN, "", user_agent, RULES)["verdict"] is Verdict.COUNTED


def test_office_software_opens_a_mail_for_its_reader() -> None:
    assert classify_request(EventKind.OPEN, "", OUTLOOK, RULES)["verdict"] is Verdict.COUNTED
    assert classify_request(EventKind.CLICK, "", OUTLOOK, RULES)["verdict"] is Verdict.PREVIEW


def test_the_lists_have_a_version_and_a_date() -> None:
    library, _, own = LIST.partition(", ")
    assert library.startswith("crawler-user-agents 1.")
    time.strptime(own, "fetchers %Y-%m-%d")
