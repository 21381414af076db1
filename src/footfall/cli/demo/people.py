"""Who scans: profiles of visitors with countries, languages and devices as streets have them."""

import random
from functools import lru_cache
from typing import Final

from footfall.capture.enrichment import FOUND_NOTHING, EnrichmentContext, RequestContext, enrich
from footfall.cli.demo.generate import Profile
from footfall.core.accounts import Privacy
from footfall.core.classification import Rules
from footfall.core.events import EventKind

PROFILES: Final = 2048
ROBOTS: Final = 0.09
"""Share of link previews, crawlers and scripts; prefetches and refused scans come on top."""

COUNTRIES: Final = {
    ("NL", "nl-NL"): 420,
    ("BE", "nl-BE"): 120,
    ("DE", "de-DE"): 130,
    ("GB", "en-GB"): 80,
    ("FR", "fr-FR"): 60,
    ("US", "en-US"): 50,
    ("ES", "es-ES"): 30,
    ("PL", "pl-PL"): 25,
    ("IT", "it-IT"): 22,
    ("AT", "de-AT"): 15,
    ("CH", "de-CH"): 14,
    ("SE", "sv-SE"): 10,
    ("DK", "da-DK"): 8,
    ("PT", "pt-PT"): 7,
    ("TR", "tr-TR"): 5,
    ("", "en"): 4,
}

REFERRERS: Final = [""] * 80 + [
    *["instagram.com"] * 6,
    *["google.com"] * 5,
    *["facebook.com"] * 4,
    *["linkedin.com"] * 2,
    *["t.co", "bing.com", "duckduckgo.com"],
]
"""A code is mostly scanned from paper: four of five come from nowhere."""

_IPHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS {system} like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/{version} Mobile/15E148 Safari/604.1"
)
_IPAD: Final = (
    "Mozilla/5.0 (iPad; CPU OS {system} like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/{version} Mobile/15E148 Safari/604.1"
)
_ANDROID: Final = (
    "Mozilla/5.0 (Linux; Android {system}; {model}) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/{version}.0.0.0 Mobile Safari/537.36"
)
_SAMSUNG: Final = (
    "Mozilla/5.0 (Linux; Android {system}; {model}) AppleWebKit/537.36 (KHTML, like Gecko) "
    "SamsungBrowser/{version}.0 Chrome/125.0.0.0 Mobile Safari/537.36"
)
_WINDOWS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{version}.0.0.0 Safari/537.36"
)
_FIREFOX: Final = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
)
_MAC: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/{version} Safari/605.1.15"
)

_IOS: Final = {
    f"{major}_{minor}": f"{major}.{minor}" for major in (16, 17, 18) for minor in range(7)
}
_CHROME: Final = range(118, 132)
_PHONES: Final = (
    *(f"SM-{letter}{number}B" for letter in "AS" for number in (515, 536, 546, 911, 921, 926)),
    *(f"Pixel {model}" for model in ("6", "6a", "7", "7 Pro", "8", "8a", "9")),
    *("M2101K6G", "22101316G", "CPH2451", "RMX3686", "XQ-DC54", "moto g84 5G", "FP5"),
)

_ROBOTS: Final = {
    "WhatsApp/2.24.20.89 A": 40,
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": 20,
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": 14,
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)": 8,
    "Twitterbot/1.0": 6,
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)": 6,
    "python-requests/2.32.3": 4,
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)": 2,
}


def user_agents() -> dict[str, float]:
    """Some hundred browsers with their weights: phones first, newer ones more."""
    weights: dict[str, float] = {}

    def add(texts: list[str], weight: float) -> None:
        """Texts from the oldest to the newest share this weight; the newest has most of it."""
        total = sum(range(1, len(texts) + 1))
        weights.update({text: weight * (i + 1) / total for i, text in enumerate(texts)})

    add([_IPHONE.format(system=s, version=v) for s, v in _IOS.items()], 46)
    add([_IPAD.format(system=s, version=v) for s, v in _IOS.items()], 4)
    for model in _PHONES:
        add(
            [
                _ANDROID.format(system=11 + i, model=model, version=v)
                for i, v in enumerate(_CHROME[-4:])
            ]
            + [_ANDROID.format(system=14, model=model, version=v) for v in _CHROME],
            34 / len(_PHONES),
        )
    for model in (model for model in _PHONES if model.startswith("SM-")):
        add([_SAMSUNG.format(system=14, model=model, version=v) for v in (23, 24, 25, 26)], 0.5)
    add([_WINDOWS.format(version=v) for v in _CHROME], 6)
    add([_FIREFOX.format(version=v) for v in _CHROME], 1)
    add([_MAC.format(version=v) for v in _IOS.values()], 3)
    return weights


@lru_cache(maxsize=1)
def profiles(seed: int) -> list[Profile]:
    """Many people's common traits, each as likely as the next."""
    draw = random.Random(seed)  # noqa: S311  (a demo, not secrets)
    people, robots = user_agents(), _ROBOTS
    agents = draw.choices(list(people), list(people.values()), k=PROFILES)
    for place in range(int(PROFILES * ROBOTS)):
        agents[place] = draw.choices(list(robots), list(robots.values()))[0]
    places = draw.choices(list(COUNTRIES), list(COUNTRIES.values()), k=PROFILES)
    return [_profile(agent, *place) for agent, place in zip(agents, places, strict=True)]


def _profile(user_agent: str, country: str, language: str) -> Profile:
    """What a real visit would have left, but for the address."""
    request = RequestContext(at=0, user_agent=user_agent, accept_language=language, country=country)
    nowhere = EnrichmentContext(place=lambda _: FOUND_NOTHING, visitor_salt=lambda _: b"")
    fields = enrich(request, EventKind.SCAN, Privacy.FULL, nowhere, Rules())
    return Profile(**{name: str(fields.get(name, "")) for name in Profile.__struct_fields__})
