"""What may be listed, read, created and changed below `/v1/networks`: each resource is described
once.

A class names the fields of a resource as the vendor does. What a change may hold, what an answer
holds and what a list is filtered by is derived from it, and so are the operations.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs
from sqlalchemy.orm import Session

from footfall.api.bodies import convert
from footfall.api.fields import change_type, given_fields
from footfall.api.operations import Operation, operation
from footfall.api.resource import Resource
from footfall.dialects.everflow import offers, records
from footfall.dialects.everflow.amounts import rounded
from footfall.dialects.everflow.dialect import Call
from footfall.dialects.everflow.records import ID_MAX, REFERENCES, Record
from footfall.dialects.everflow.view import NETWORKS

LABELS_MAX: Final = 50
PAGE_DEFAULT: Final = 50
PAGE_MAX: Final = 2000

Id = Annotated[int, Meta(ge=1, le=ID_MAX)]
IdOrNone = Annotated[int, Meta(ge=0, le=ID_MAX)]
"""0 is the vendor's word for none."""
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
Line = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Link = Annotated[str, Meta(max_length=2048, pattern=r"^[^\x00-\x20\x7f]*$(?!\n)")]
Code = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x20\x7f]+$(?!\n)")]
Prose = Annotated[
    str, Meta(max_length=10_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$(?!\n)")
]
Amount = Annotated[float, Meta(ge=0, le=1e12)]
Pixels = Annotated[int, Meta(ge=0, le=100_000)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
Labels = Annotated[list[Name], Meta(max_length=LABELS_MAX)]
Status = Annotated[str, Meta(pattern=r"^(active|inactive|deleted)$(?!\n)")]
OfferStatus = Annotated[str, Meta(pattern=r"^(active|paused|pending|deleted)$(?!\n)")]
AccountStatus = Annotated[str, Meta(pattern=r"^(active|inactive|pending|suspended)$(?!\n)")]
Visibility = Annotated[str, Meta(pattern=r"^(public|require_approval|private)$(?!\n)")]
BillingFrequency = Annotated[
    str,
    Meta(pattern=r"^(|weekly|bimonthly|monthly|two_months|quarterly|manual|other)$(?!\n)"),
]


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one resource, as the vendor names them. A default makes one optional."""


class OfferGroup(Fields, frozen=True, kw_only=True):
    name: Name
    offer_group_status: Status = "active"


class Label(Fields, frozen=True, kw_only=True):
    name: Name


class Employee(Fields, frozen=True, kw_only=True):
    first_name: Name
    last_name: Line = ""
    email: Line = ""
    account_status: AccountStatus = "active"


class Advertiser(Fields, frozen=True, kw_only=True):
    """`network_employee_id` is the account manager. A conversion of its offers that does not have
    the `verification_token` is not counted; "" asks for none."""

    name: Name
    account_status: AccountStatus = "active"
    network_employee_id: IdOrNone = 0
    sales_manager_id: IdOrNone = 0
    internal_notes: Prose = ""
    verification_token: Line = ""


class Affiliate(Fields, frozen=True, kw_only=True):
    """`network_employee_id` is the affiliate manager."""

    name: Name
    account_status: AccountStatus = "active"
    network_employee_id: IdOrNone = 0
    account_executive_id: IdOrNone = 0
    network_affiliate_tier_id: IdOrNone = 0
    billing_frequency: BillingFrequency = ""
    internal_notes: Prose = ""


class Offer(Fields, frozen=True, kw_only=True):
    """`payout` and `revenue` are units of the currency, by their types: `cpm`, `rpm` per thousand
    impressions, `cpc`, `rpc` per click, `cpa`, `rpa` per conversion, `cps`, `rps` per cent of what
    is sold. Of any other type they are shown and pay nothing. Without an advertiser an offer is the
    first one's, who is made if there is none."""

    name: Name
    destination_url: Link
    network_advertiser_id: IdOrNone = 0
    offer_status: OfferStatus = "active"
    network_offer_group_id: IdOrNone = 0
    network_category_id: IdOrNone = 0
    network_business_unit_id: IdOrNone = 0
    network_channel_id: IdOrNone = 0
    labels: Labels = []
    project_id: Line = ""
    preview_url: Link = ""
    visibility: Visibility = "public"
    currency_id: Currency = "USD"
    payout_type: Line = "cpm"
    payout: Amount = 0
    revenue_type: Line = "rpm"
    revenue: Amount = 0
    is_view_through_enabled: bool = False
    internal_notes: Prose = ""


class OfferUrl(Fields, frozen=True, kw_only=True):
    network_offer_id: Id
    name: Name
    destination_url: Link
    url_status: Status = "active"


class Creative(Fields, frozen=True, kw_only=True):
    network_offer_id: Id
    name: Name
    creative_status: Status = "active"
    creative_type: Line = "image"
    resource_url: Link = ""
    html_code: Prose = ""
    width: Pixels = 0
    height: Pixels = 0


class Campaign(Fields, frozen=True, kw_only=True):
    campaign_name: Name
    campaign_status: Status = "active"
    internal_notes: Prose = ""


def _named(name: str) -> Any:
    """Of a resource that has nothing else."""
    fields: list[Any] = [("name", Name), ("status", Status, "active")]
    return msgspec.defstruct(name, fields, bases=(Fields,), frozen=True, kw_only=True)


Category: Final = _named("Category")
BusinessUnit: Final = _named("BusinessUnit")
Channel: Final = _named("Channel")
AffiliateTier: Final = _named("AffiliateTier")


class Coupon(Fields, frozen=True, kw_only=True):
    coupon_code: Code
    network_offer_id: Id
    network_affiliate_id: IdOrNone = 0
    coupon_status: Status = "active"


Derived = type[Any]
FILTERS: Final = ("name", "campaign_name", "coupon_code", "status", "project_id")


class Paging(msgspec.Struct, frozen=True):
    page: int
    page_size: int
    total_count: int


class Described(msgspec.Struct, frozen=True, dict=True):
    """`key` of a list's rows: without its `_` it is the path below `/v1/networks`."""

    key: str
    rows: type[Record]
    fields: type[Fields]

    @cached_property
    def path(self) -> str:
        return self.key.replace("_", "")

    @cached_property
    def id(self) -> str:
        """What an answer calls the id."""
        return f"network_{self.rows.WORD.lower().replace(' ', '_')}_id"

    # ── types derived from the fields ─────────────────────────────────────────────────────────

    @cached_property
    def answer(self) -> Derived:
        fields = [(field.name, field.type) for field in structs.fields(self.fields)]
        times = [("time_created", int), ("time_saved", int)]
        return self._named("Answer", [(self.id, int), ("network_id", int), *fields, *times])

    @cached_property
    def change(self) -> Derived:
        return change_type(self.fields, None, f"{self.fields.__name__}Change")

    @cached_property
    def page(self) -> Derived:
        rows: Any = list[self.answer]  # type: ignore[name-defined]
        return self._named("List", [(self.key, rows), ("paging", Paging)])

    @cached_property
    def query(self) -> Derived:
        """A page is a page of those whose fields are as the query says."""
        filters = [
            (field.name, field.type | UnsetType, UNSET)
            for field in structs.fields(self.fields)
            if field.name in FILTERS or field.name.endswith(("_id", "_status"))
        ]
        page = ("page", Annotated[int, Meta(ge=1, le=1 << 31)], 1)
        size = ("page_size", Annotated[int, Meta(ge=1, le=1 << 31)], PAGE_DEFAULT)
        return self._named("Query", [*filters, page, size])

    def _named(self, name: str, fields: list[Any]) -> Derived:
        """A struct named after the resource."""
        return msgspec.defstruct(self.fields.__name__ + name, fields, frozen=True, kw_only=True)

    # ── between the wire and the rows ─────────────────────────────────────────────────────────

    def column(self, field: str) -> str:
        """Where a field is kept."""
        if field == "network_employee_id":
            of_advertiser = self.rows is records.AdvertiserRow
            return "account_manager_id" if of_advertiser else "affiliate_manager_id"
        if field == "status" or field.endswith("_status"):
            return "status"
        if field in ("coupon_code", "campaign_name"):
            return "name"
        if field == "is_view_through_enabled":
            return "view_through"
        return field.removeprefix("network_")

    def columns(self, given: msgspec.Struct) -> dict[str, Any]:
        """What a body says, by column; 0 names no other resource."""
        found = {self.column(name): value for name, value in given_fields(given).items()}
        return {
            name: value or None if name in REFERENCES else value for name, value in found.items()
        }

    def body(self, row: Record) -> Any:
        """A row as an answer has it."""
        found = {}
        for name in self.fields.__struct_fields__:
            value = getattr(row, self.column(name))
            shown = rounded(value) if isinstance(value, float) else value
            found[name] = 0 if shown is None else shown
        return self.answer(
            **{self.id: row.id},
            network_id=row.account_id,
            time_created=row.created_at // 1000,
            time_saved=row.updated_at // 1000,
            **found,
        )

    # ── operations ────────────────────────────────────────────────────────────────────────────

    def operations(self) -> tuple[Operation, ...]:
        """A list, one to read, one to create and one to change."""
        word = self.rows.WORD
        resource: Resource[Record] = Resource(
            path=f"{NETWORKS}/{self.path}",
            rows=self.rows,
            answer=self.answer,
            find=lambda call, session, id: records.find(
                session, self.rows, call.account, read_id(id)
            ),
            body=lambda _, __, row: self.body(row),
            saved=lambda call, row: call.api.index.refresh(row),
            created=201,
        )

        @operation(f"GET {resource.path}", f"List: {word}", query=self.query, answer=self.page)
        def list_rows(call: Call) -> Any:
            equal = self.columns(convert(without_empty(call.query), self.query))
            page, size = equal.pop("page"), min(equal.pop("page_size"), PAGE_MAX)
            with call.reading() as session:
                rows, count = records.list_rows(session, self.rows, call.account, equal, page, size)
                bodies = [self.body(row) for row in rows]
            return self.page(**{self.key: bodies}, paging=Paging(page, size, count))

        @resource.create(f"Create: {word}", self.fields)
        def create(call: Call, session: Session, body: Fields) -> Record:
            fields, rules = self.columns(body), call.api.rules
            return offers.create(session, self.rows, call.account, call.now(), fields, rules)

        @resource.change("PUT", f"Change: {word}", self.change)
        def change(call: Call, session: Session, row: Record, body: msgspec.Struct) -> None:
            fields, rules = self.columns(body), call.api.rules
            offers.change_resource(session, row, call.now(), fields, rules)

        return list_rows, create, resource.get(f"Get: {word}"), change


def without_empty(query: Mapping[str, str]) -> dict[str, str]:
    """A parameter without a value filters nothing."""
    return {name: value for name, value in query.items() if value != ""}


def read_id(text: str) -> int:
    """0, the id of nothing, for what is no id."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else 0


OFFERS: Final = Described("offers", records.OfferRow, Offer)
RESOURCES: Final = (
    OFFERS,
    Described("affiliates", records.AffiliateRow, Affiliate),
    Described("advertisers", records.AdvertiserRow, Advertiser),
    Described("creatives", records.CreativeRow, Creative),
    Described("campaigns", records.CampaignRow, Campaign),
    Described("categories", records.CategoryRow, Category),
    Described("offer_groups", records.OfferGroupRow, OfferGroup),
    Described("labels", records.LabelRow, Label),
    Described("employees", records.EmployeeRow, Employee),
    Described("offer_urls", records.OfferUrlRow, OfferUrl),
    Described("coupon_codes", records.CouponRow, Coupon),
    Described("business_units", records.BusinessUnitRow, BusinessUnit),
    Described("channels", records.ChannelRow, Channel),
    Described("affiliate_tiers", records.AffiliateTierRow, AffiliateTier),
)

OPERATIONS: Final = tuple(made for one in RESOURCES for made in one.operations())
