"""The filters of reports: what an event must show, and what it may not.

Values of one type are alternatives, types must all hold, and an event that matches an exclusion is
left out. A value is compared with what a row shows: an id (0 for none) or a name. What is not a
column of the event is resolved through the catalog to the offers, affiliates or advertisers that
have it now.

https://developers.everflow.io, docs/network/reporting/raw_impressions
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session

from footfall.core.accounts import Account
from footfall.core.errors import InvalidRequest
from footfall.dialects.everflow import records
from footfall.dialects.everflow.columns import FILTER, columns
from footfall.dialects.everflow.records import Record
from footfall.parsing import countries
from footfall.parsing.country_names import country_code

FILTERS_MAX: Final = 1_000

Value = Annotated[str, Meta(max_length=512)] | int


class Filter(msgspec.Struct, frozen=True):
    """One without a `resource_type` is ignored, and the answer says so."""

    resource_type: Annotated[str, Meta(max_length=100)] | None = None
    filter_id_value: Value | None = None


Filters = Annotated[list[Filter], Meta(max_length=FILTERS_MAX)]


class Query(msgspec.Struct, frozen=True):
    """What else clients put there (`settings`, `metric_filters`, …) is ignored."""

    filters: Filters | None = None
    exclusions: Filters | None = None


class Among(msgspec.Struct, frozen=True):
    """Texts that a column may have: these, or with `negated` all but these."""

    texts: frozenset[str]
    negated: bool = False

    def __and__(self, other: "Among") -> "Among":
        if self.negated and other.negated:
            return Among(self.texts | other.texts, True)
        if self.negated:
            return Among(other.texts - self.texts)
        if other.negated:
            return Among(self.texts - other.texts)
        return Among(self.texts & other.texts)

    def __invert__(self) -> "Among":
        return Among(self.texts, not self.negated)

    @property
    def impossible(self) -> bool:
        return not self.negated and not self.texts

    @property
    def anything(self) -> bool:
        return self.negated and not self.texts


NOTHING: Final = Among(frozenset())
ANYTHING: Final = Among(frozenset(), True)
NONE: Final = frozenset({"", "0"})
"""How a row shows that there is none."""

# ── the types ─────────────────────────────────────────────────────────────────────────────────

TEXTS: Final = columns(FILTER)
"""Types that are a column of text."""

NETWORK_TEXTS: Final = {"dma": "metro_code", "carrier": "carrier"}
"""Types that are a column of text, of which rows may show none as 0."""

IDS: Final[Mapping[str, tuple[str, type[Record]]]] = {
    "offer": ("offer", records.OfferRow),
    "affiliate": ("affiliate", records.AffiliateRow),
    "advertiser": ("advertiser", records.AdvertiserRow),
    "creative": ("creative", records.CreativeRow),
    "campaign": ("campaign", records.CampaignRow),
    "offer_url": ("offer_url", records.OfferUrlRow),
}
"""Types that are a column with the id of a resource."""

OF_RESOURCES: Final[Mapping[str, tuple[str, str, type[Record] | None]]] = {
    "offer_group": ("offer", "offer_group_id", records.OfferGroupRow),
    "category": ("offer", "category_id", records.CategoryRow),
    "business_unit": ("offer", "business_unit_id", records.BusinessUnitRow),
    "channel": ("offer", "channel_id", records.ChannelRow),
    "label": ("offer", "labels", records.LabelRow),
    "offer_status": ("offer", "status", None),
    "affiliate_manager": ("affiliate", "affiliate_manager_id", records.EmployeeRow),
    "account_executive": ("affiliate", "account_executive_id", records.EmployeeRow),
    "affiliate_tier": ("affiliate", "affiliate_tier_id", records.AffiliateTierRow),
    "billing_frequency": ("affiliate", "billing_frequency", None),
    "account_manager": ("advertiser", "account_manager_id", records.EmployeeRow),
    "sales_manager": ("advertiser", "sales_manager_id", records.EmployeeRow),
}
"""Types that an event has through one of its resources: the event's column, that resource's column,
and which resource it names, None for a text."""

GOALS: Final = ("event_name", "event")
"""Types that name what an advertiser calls an event after the conversion, `Base` for itself."""


ABSENT: Final = ("carrier_code", "everflow_account_manager")
"""Types of which Footfall knows nothing: every row shows none."""

DEVICES: Final = {"PC": "desktop", "Mobile": "mobile", "Tablet": "tablet", "": ""}
"""Device types as rows show them → as events have them."""
DEVICE_LABELS: Final = {device: label for label, device in DEVICES.items()}

TYPES: Final = frozenset(
    {
        *TEXTS,
        *IDS,
        *OF_RESOURCES,
        *GOALS,
        *ABSENT,
        "network",
        "country",
        "country_code",
        "device_type",
        *NETWORK_TEXTS,
    }
)

# ── from filters to conditions ────────────────────────────────────────────────────────────────


class Resolver:
    """Reads filters of one account. The resources of a type are read once."""

    def __init__(self, session: Session, account: Account) -> None:
        self._session = session
        self._account = account
        self._rows: dict[type[Record], Sequence[Record]] = {}
        self._named: dict[type[Record], records.Names] = {}

    def conditions(self, query: Query | None) -> Mapping[str, Among] | None:
        """What each column must be among; None when no event can match. Raises InvalidRequest for
        an unknown type, and for a type without a value."""
        query = query or Query()
        found: dict[str, Among] = {}
        for filters, wanted in ((query.filters, True), (query.exclusions, False)):
            for type, texts in _by_type(filters or ()).items():
                column, among = self._read(type, texts)
                found[column] = found.get(column, ANYTHING) & (among if wanted else ~among)
        if any(among.impossible for among in found.values()):
            return None
        return {column: among for column, among in found.items() if not among.anything}

    def _read(self, type: str, texts: frozenset[str]) -> tuple[str, Among]:
        if type in TEXTS:
            return TEXTS[type], Among(texts)
        if type in NETWORK_TEXTS:
            return NETWORK_TEXTS[type], Among(texts | {""} if texts & NONE else texts)
        if type in IDS:
            column, rows = IDS[type]
            ids = self._ids(rows, texts)
            return column, Among(ids | {""} if ids & NONE else ids)
        if type in OF_RESOURCES:
            return self._of_resources(type, texts)
        if type in ("country", "country_code"):
            return "country", Among(frozenset(_country(type, one) for one in texts))
        if type == "device_type":
            return "device", Among(frozenset(_device(one) for one in texts))
        if type in GOALS:
            return "goal", Among(frozenset("" if one == "Base" else one for one in texts))
        if type == "network":
            return "offer", ANYTHING if texts & self._own_names() else NOTHING
        if type in ABSENT:
            return "offer", ANYTHING if texts & NONE else NOTHING
        raise InvalidRequest(
            f"Unknown resource_type '{type}'. There are: {', '.join(sorted(TYPES))}."
        )

    def _own_names(self) -> frozenset[str]:
        return frozenset({str(self._account.id), self._account.name})

    def _of_resources(self, type: str, texts: frozenset[str]) -> tuple[str, Among]:
        """The ids of the resources that have it. When none is requested too, all but those that
        have another: an event may name no resource, or an unknown one."""
        column, attribute, named = OF_RESOURCES[type]
        wanted = texts if named is None else self._ids(named, texts)
        if type == "label":
            # Offers have labels by their names.
            wanted = frozenset(
                {row.name for row in self._all(records.LabelRow) if str(row.id) in wanted}
                | (texts & NONE)
            )
        none = NONE if named is not None else frozenset({""})
        rows = self._all(IDS[column][1])
        having = frozenset(
            str(row.id) for row in rows if _shown(getattr(row, attribute), none) & wanted
        )
        if none & wanted:
            return column, Among(frozenset(str(row.id) for row in rows) - having, True)
        return column, Among(having)

    def _ids(self, rows: type[Record], texts: Iterable[str]) -> frozenset[str]:
        """A text that is an id is that one, else every resource of this name; what names nothing
        stays as it is, for an event may have it."""
        if rows not in self._named:
            self._named[rows] = records.names_of(self._session, rows, self._account.id)
        ids, named = self._named[rows]
        found: set[str] = set()
        for text in texts:
            found.update((text,) if text in ids else named.get(text, (text,)))
        return frozenset(found)

    def ids_named(self, query: Query) -> Mapping[str, tuple[str, ...]]:
        """By column, the ids that the filters of resources choose, and what names none."""
        found: dict[str, tuple[str, ...]] = {}
        for type, texts in _by_type(query.filters or ()).items():
            if type in IDS and not texts & NONE:
                column, rows = IDS[type]
                found[column] = tuple(sorted(self._ids(rows, texts)))
        return found

    def _all(self, rows: type[Record]) -> Sequence[Record]:
        if rows not in self._rows:
            self._rows[rows] = records.rows_of(self._session, rows, self._account.id)
        return self._rows[rows]


def _country(type: str, text: str) -> str:
    code = country_code(text)
    if code and code not in countries.CODES:
        meant = countries.nearest_code(text)
        raise InvalidRequest(
            f"{type}: '{text[:40]}' is not a country. Write its code of ISO 3166-1 or its English"
            f" name, such as {meant or 'NL'}."
        )
    return code


def _device(text: str) -> str:
    if text not in DEVICES:
        names = ", ".join(filter(None, DEVICES))
        raise InvalidRequest(f"device_type: '{text[:40]}' is not one of its values: {names}.")
    return DEVICES[text]


def _shown(value: object, none: frozenset[str]) -> frozenset[str]:
    """What a resource's column is compared as."""
    if isinstance(value, list):
        return frozenset(value) or none
    return none if value is None else frozenset({str(value)})


def _by_type(filters: Iterable[Filter]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for one in filters:
        if not (type := one.resource_type):
            continue
        if one.filter_id_value is None:
            raise InvalidRequest(f"A filter of the resource_type '{type}' has no filter_id_value.")
        found[type] = found.get(type, frozenset()) | {str(one.filter_id_value)}
    return found


def values_of(conditions: Mapping[str, Among]) -> dict[str, Any]:
    """As the event store takes them: `values` of columns, and those that events are `without`."""
    return {
        name: {
            column: tuple(sorted(among.texts))
            for column, among in conditions.items()
            if among.negated is negated
        }
        for name, negated in (("values", False), ("without", True))
    }
