"""Everflow's raw stream against a plain Python model of it, on random events."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from footfall.dialects.everflow.filters import Among
from footfall.dialects.everflow.zones import ZONES
from tests.dialects.everflow import Network, as_filters, refused
from tests.support.running import PHONE, RunningServer

EVENTS: Final = 240
NOW: Final = datetime.now(UTC).replace(microsecond=0)
DESKTOP: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
BOT: Final = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SEEN: Final = {
    PHONE: {
        "device_type": "Mobile",
        "device_platform": "iOS",
        "device_make": "Apple",
        "device_model": "iPhone",
        "browser": "Mobile Safari",
        "os_version": "17.5",
    },
    DESKTOP: {
        "device_type": "PC",
        "device_platform": "Linux",
        "device_make": "",
        "device_model": "",
        "browser": "Firefox",
        "os_version": "",
    },
    "": dict.fromkeys(
        ("device_type", "device_platform", "device_make", "device_model", "browser", "os_version"),
        "",
    ),
}
COUNTRIES: Final = {"CA": "Canada", "US": "United States", "GB": "United Kingdom", "": ""}
NONE: Final = {"0", ""}
Shown = dict[str, set[str]]


class Market:
    """A network with some of every resource, and random events. `events` hold what a row shows of
    each, by type: the texts that a filter may name it by."""

    def __init__(self, server: RunningServer, seed: int) -> None:
        self.network = network = Network(server)
        self.random = random.Random(seed)
        made = network.make
        self.categories = [made("categories", name=name) for name in ("Games", "News")]
        self.groups = [made("offergroups", name=name) for name in ("Spring", "Autumn")]
        self.units = [made("businessunits", name="North")]
        self.channels = [made("channels", name="Mail")]
        self.employees = [made("employees", first_name=name) for name in ("Ana", "Ben", "Cem")]
        self.tiers = [made("affiliatetiers", name="Gold")]
        self.advertisers = [self._advertiser(name) for name in ("Maker", "Seller")]
        self.affiliates = [self._affiliate(name) for name in ("Pub", "Pub", "Blog")]
        self.offers = [self._offer(name) for name in ("Shoes", "Hats", "Gloves", "Bags")]
        # Its name is another's id: the id is meant.
        self.offers.append(self._offer(str(self.offers[0]["network_offer_id"])))
        self.creatives = [
            made("creatives", name=name, network_offer_id=self.offers[0]["network_offer_id"])
            for name in ("Banner", "Video")
        ]
        self.campaigns = [made("campaigns", campaign_name="Push")]
        self.events: list[tuple[int, datetime, Shown]] = []
        sent = [self._event(number) for number in range(EVENTS)]
        network.ingest(*sent)
        for number, offer in enumerate(self.offers):
            if number == 1:
                network.change("offers", offer["network_offer_id"], offer_status="paused")

    def some(self, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
        return self.random.choice([None, *rows])

    def _id(self, rows: list[dict[str, Any]], name: str) -> int:
        row = self.some(rows)
        return int(row[name]) if row else 0

    def _advertiser(self, name: str) -> dict[str, Any]:
        return self.network.make(
            "advertisers",
            name=name,
            network_employee_id=self._id(self.employees, "network_employee_id"),
            sales_manager_id=self._id(self.employees, "network_employee_id"),
        )

    def _affiliate(self, name: str) -> dict[str, Any]:
        return self.network.make(
            "affiliates",
            name=name,
            network_employee_id=self._id(self.employees, "network_employee_id"),
            account_executive_id=self._id(self.employees, "network_employee_id"),
            network_affiliate_tier_id=self._id(self.tiers, "network_affiliate_tier_id"),
            billing_frequency=self.random.choice(["", "weekly", "monthly"]),
        )

    def _offer(self, name: str) -> dict[str, Any]:
        return self.network.make(
            "offers",
            name=name,
            network_advertiser_id=self.random.choice(self.advertisers)["network_advertiser_id"],
            destination_url="https://example.org/",
            network_category_id=self._id(self.categories, "network_category_id"),
            network_offer_group_id=self._id(self.groups, "network_offer_group_id"),
            network_business_unit_id=self._id(self.units, "network_business_unit_id"),
            network_channel_id=self._id(self.channels, "network_channel_id"),
            labels=self.random.sample(["hot", "new", "old"], self.random.randint(0, 2)),
            project_id=self.random.choice(["", "P-1"]),
        )

    def _event(self, number: int) -> dict[str, Any]:
        """What is told of one, and what it shows if it counts."""
        draw = self.random
        offer = draw.choice(self.offers)
        affiliate, creative = self.some(self.affiliates), self.some(self.creatives)
        campaign = self.some(self.campaigns)
        at = NOW - timedelta(seconds=draw.randint(0, 3 * 86_400))
        agent = draw.choice([*SEEN, BOT])
        country = draw.choice([*COUNTRIES])
        texts = {f"sub{n}": draw.choice(["", "a", "b"]) for n in range(1, 6)}
        texts |= {"coupon": draw.choice(["", "SAVE"]), "traffic_source": draw.choice(["", "src"])}
        language = draw.choice(["", "nl", "pt-BR"])
        kind = draw.choice(["impression"] * 5 + ["click"])
        references = {
            **texts,
            # Nobody has an affiliate of this number: the event shows it all the same.
            "affiliate": str(affiliate["network_affiliate_id"])
            if affiliate
            else draw.choice(["", "999999999"]),
            "creative": str(creative["network_creative_id"]) if creative else "",
            "campaign": str(campaign["network_campaign_id"]) if campaign else "",
        }
        if kind == "impression" and agent != BOT:
            shown = self._shown(offer, affiliate, references)
            shown |= {name: {text} for name, text in SEEN[agent].items()}
            shown |= {name: {text} for name, text in texts.items() if name.startswith("sub")}
            shown["coupon_code"], shown["source_id"] = {texts["coupon"]}, {texts["traffic_source"]}
            shown["country"] = {country, COUNTRIES[country], COUNTRIES[country].upper()}
            shown["language"] = {language}
            shown["creative"] = {references["creative"], creative["name"]} if creative else NONE
            shown["campaign"] = {references["campaign"], "Push"} if campaign else NONE
            self.events.append((number, at, shown))
        return {
            "kind": kind,
            "tracker": offer["network_offer_id"],
            "occurred_at": int(at.timestamp() * 1000),
            "references": {name: text for name, text in references.items() if text},
            "user_agent": agent,
            "accept_language": language,
            "country": country,
            "referrer": f"https://site.example/{number}",
        }

    def _shown(
        self, offer: dict[str, Any], affiliate: dict[str, Any] | None, references: dict[str, str]
    ) -> Shown:
        """What resources give. The offer whose name is an id is known by its own id alone."""
        first = str(self.offers[0]["network_offer_id"])
        advertiser = named(self.advertisers, "network_advertiser_id", offer)
        paused = offer is self.offers[1]
        shown = {
            "offer": {str(offer["network_offer_id"])} | ({offer["name"]} - {first}),
            "advertiser": {str(offer["network_advertiser_id"]), advertiser["name"]},
            "category": called(self.categories, "network_category_id", offer),
            "offer_group": called(self.groups, "network_offer_group_id", offer),
            "business_unit": called(self.units, "network_business_unit_id", offer),
            "channel": called(self.channels, "network_channel_id", offer),
            "label": set(offer["labels"]) or NONE,
            "offer_status": {"paused" if paused else "active"},
            "project_id": {offer["project_id"]},
            "account_manager": self._employee(advertiser, "network_employee_id"),
            "sales_manager": self._employee(advertiser, "sales_manager_id"),
            "affiliate": {references["affiliate"]} if references["affiliate"] else NONE,
            "affiliate_manager": NONE,
            "account_executive": NONE,
            "affiliate_tier": NONE,
            "billing_frequency": {""},
            "network": {str(self.network.account), self.network.name},
            **dict.fromkeys(("dma", "carrier", "everflow_account_manager", "offer_url"), NONE),
            **{name: {""} for name in ("region", "city", "isp", "connection_type")},
        }
        if affiliate:
            shown |= {
                "affiliate": {references["affiliate"], affiliate["name"]},
                "affiliate_manager": self._employee(affiliate, "network_employee_id"),
                "account_executive": self._employee(affiliate, "account_executive_id"),
                "affiliate_tier": called(self.tiers, "network_affiliate_tier_id", affiliate),
                "billing_frequency": {affiliate["billing_frequency"]},
            }
        return shown

    def _employee(self, row: dict[str, Any], name: str) -> set[str]:
        for one in self.employees:
            if one["network_employee_id"] == row[name]:
                return {str(row[name]), one["first_name"]}
        return NONE

    def expected(
        self, filters: list[tuple[str, str]], exclusions: list[tuple[str, str]], span: Any = None
    ) -> list[int]:
        """The model: types must all hold, values of one are alternatives, exclusions leave out."""
        wanted = {type: {value for one, value in filters if one == type} for type, _ in filters}
        return [
            number
            for number, at, shown in self.events
            if all(shown[type] & values for type, values in wanted.items())
            and not any(value in shown[type] for type, value in exclusions)
            and (span is None or span(at))
        ][::-1]

    def asked(self, **body: Any) -> list[int]:
        return [int(row["referer"].rpartition("/")[2]) for row in self.network.stream(**body)]


def named(rows: list[dict[str, Any]], id: str, row: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in rows if one[id] == row[id])


def called(rows: list[dict[str, Any]], id: str, row: dict[str, Any]) -> set[str]:
    return {str(row[id]), named(rows, id, row)["name"]} if row[id] else NONE


@pytest.fixture(scope="module", params=[1, 2], ids=["seed 1", "seed 2"])
def market(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[Market]:
    market = Market(server, request.param)
    yield market
    market.network.close()


LONG_AGO: Final = {"from": (NOW - timedelta(days=4)).strftime("%Y-%m-%d")}

VENDORS: Final = re.findall(
    r"\w+",
    """
    offer offer_group affiliate advertiser creative network account_manager affiliate_manager
    category billing_frequency country region city dma carrier device_platform device_type
    device_make browser language connection_type campaign source_id offer_url device_model
    business_unit label sales_manager account_executive everflow_account_manager os_version
    project_id isp offer_status sub1 sub2 sub3 sub4 sub5 channel coupon_code affiliate_tier
    """,
)
"""The types of the vendor's page."""


CLOSED: Final = {"country": {"Chad", "NO", ""}, "device_type": {"PC", "Tablet", ""}}
"""Types that take no other value than their own, with some that no event shows."""


def pairs(market: Market, type: str) -> list[tuple[str, str]]:
    """Everything that some event shows of a type, and what none does."""
    texts = {text for _, _, shown in market.events for text in shown[type]}
    others = CLOSED.get(type, {"0", "nothing", "424242424"})
    return [(type, text) for text in sorted(texts | others)]


@settings(
    max_examples=80,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_filters_leave_what_the_model_leaves(market: Market, data: st.DataObject) -> None:
    types = data.draw(st.lists(st.sampled_from(VENDORS), max_size=4, unique=True))
    filters: list[tuple[str, str]] = []
    exclusions: list[tuple[str, str]] = []
    for type in types:
        drawn = data.draw(st.lists(st.sampled_from(pairs(market, type)), min_size=1, max_size=3))
        (exclusions if data.draw(st.booleans()) else filters).extend(drawn)

    def maybe_number(pair: tuple[str, str]) -> tuple[str, Any]:
        type, text = pair
        return type, int(text) if text.isdigit() and data.draw(st.booleans()) else text

    query = {
        "filters": as_filters(map(maybe_number, filters)),
        "exclusions": as_filters(map(maybe_number, exclusions)),
    }
    found = market.asked(query=query, **LONG_AGO)
    assert found == market.expected(filters, exclusions), (filters, exclusions)


@pytest.mark.parametrize("type", VENDORS)
def test_each_type_finds_what_shows_it_and_excludes_the_same(market: Market, type: str) -> None:
    shown = pairs(market, type)
    for pair in (shown[0], shown[-1], shown[len(shown) // 2]):
        filters = as_filters([pair])
        found = market.asked(query={"filters": filters}, **LONG_AGO)
        left = market.asked(query={"exclusions": filters}, **LONG_AGO)
        assert found == market.expected([pair], []), pair
        assert left == market.expected([], [pair]), pair


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    start=st.integers(0, 4 * 86_400),
    length=st.integers(0, 2 * 86_400),
    days=st.booleans(),
    zone=st.sampled_from([*ZONES]),
)
def test_a_span_is_of_the_clocks_of_its_zone(
    market: Market, start: int, length: int, days: bool, zone: int
) -> None:
    clock = ZoneInfo(ZONES[zone])
    first = (NOW - timedelta(seconds=start)).astimezone(clock)
    last = first + timedelta(seconds=length)
    form = "%Y-%m-%d" if days else "%Y-%m-%d %H:%M:%S"

    def within(at: datetime) -> bool:
        return first.strftime(form) <= at.astimezone(clock).strftime(form) <= last.strftime(form)

    body = {"from": first.strftime(form), "to": last.strftime(form), "timezone_id": zone}
    assert market.asked(**body) == market.expected([], [], within)


@pytest.mark.parametrize(
    ("type", "value", "said"),
    [
        ("country", "Nederlnd", "ISO 3166-1"),
        ("country", "Germny", "such as DE"),
        ("country_code", "ZZ", "ISO 3166-1"),
        ("device_type", "phone", "PC, Mobile, Tablet"),
    ],
)
def test_a_value_outside_a_closed_set_is_refused_with_the_set(
    market: Market, type: str, value: str, said: str
) -> None:
    answer = market.network.ask(query={"filters": as_filters([(type, value)])})
    assert answer.status_code == 400
    assert said in answer.json()["Error"]


def test_a_number_that_is_an_id_is_no_name(market: Market) -> None:
    first = ("offer", str(market.offers[0]["network_offer_id"]))
    found = market.asked(query={"filters": as_filters([first])}, **LONG_AGO)
    assert found == market.expected([first], [])
    assert found


def test_an_unknown_type_is_refused_by_name(market: Market) -> None:
    for part in ("filters", "exclusions"):
        query = {part: as_filters([("offer", 1), ("colour", "red")])}
        assert "'colour'" in refused(market.network.ask(query=query), 400)


texts = st.frozensets(st.sampled_from("abcd"))
amongs = st.builds(Among, texts, st.booleans())


@given(one=amongs, other=amongs)
def test_conditions_on_a_column_are_sets(one: Among, other: Among) -> None:
    def holds(among: Among, text: str) -> bool:
        return (text in among.texts) is not among.negated

    for text in "abcde":
        assert holds(one & other, text) is (holds(one, text) and holds(other, text))
        assert holds(~one, text) is not holds(one, text)
    assert one.impossible is not any(holds(one, text) for text in "abcde")
