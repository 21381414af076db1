"""What the server answers, as types. A field that an older server does not send has its default;
one that a newer server sends beyond these is left out.

Times are ISO 8601 as text, ids of events are text: they sort as the events were received.
"""

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event. What is empty is not sent: text is then "", a number 0, `metadata` {}."""

    id: str
    kind: str = ""
    source: str = ""
    verdict: str = ""
    occurred_at: str = ""
    received_at: str = ""
    metadata: dict[str, Any] = {}
    tracker: int = 0
    reason: str = ""
    url: str = ""
    referrer: str = ""
    referrer_host: str = ""
    ip: str = ""
    user_agent: str = ""
    visitor: int = 0
    language: str = ""
    country: str = ""
    region: str = ""
    city: str = ""
    postal_code: str = ""
    metro_code: str = ""
    time_zone: str = ""
    asn: int = 0
    isp: str = ""
    carrier: str = ""
    connection_type: str = ""
    device: str = ""
    device_make: str = ""
    device_model: str = ""
    os: str = ""
    os_version: str = ""
    browser: str = ""
    browser_version: str = ""
    program: str = ""
    poster: str = ""
    ambassador: str = ""
    emailing: str = ""
    destination: str = ""
    profile: str = ""
    subprofile: str = ""
    testgroup: str = ""
    link: str = ""
    code: str = ""
    offer: str = ""
    offer_url: str = ""
    affiliate: str = ""
    advertiser: str = ""
    creative: str = ""
    campaign: str = ""
    coupon: str = ""
    project: str = ""
    traffic_source: str = ""
    sub1: str = ""
    sub2: str = ""
    sub3: str = ""
    sub4: str = ""
    sub5: str = ""
    sub6: str = ""
    sub7: str = ""
    sub8: str = ""
    sub9: str = ""
    sub10: str = ""
    adv1: str = ""
    adv2: str = ""
    adv3: str = ""
    adv4: str = ""
    adv5: str = ""
    adv6: str = ""
    adv7: str = ""
    adv8: str = ""
    adv9: str = ""
    adv10: str = ""
    entity: str = ""
    reader: str = ""
    wallet_pass: str = ""
    pass_template: str = ""
    venue_event: str = ""
    group_tag: str = ""
    goal: str = ""
    attribution: str = ""
    scan_medium: str = ""
    scan_value: str = ""
    scan_status: str = ""
    scan_status_detail: str = ""
    validation: str = ""
    payout_micros: int = 0
    revenue_micros: int = 0
    sale_micros: int = 0


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """`exact` False is an estimate."""

    events: int
    exact: bool = True


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next` is the cursor of the page after this one, None at the end. `as_of` is the id of the
    last event that these pages can contain: events that arrive meanwhile are not in them."""

    events: list[Event]
    next: str | None = None
    as_of: str | None = None
    total: Total | None = None


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """[since, until) in the zone's local time."""

    since: str | None = None
    until: str | None = None
    zone: str = "UTC"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`rows` have the dimensions and metrics that were requested, and `previous` with those of the
    window before where that was compared. `other` counts the `omitted` groups below the top.
    `estimated` names the metrics that are estimates, `relative_error` is their standard error as a
    part of them: 0 is exact, None that nothing is estimated. `source` is the table that knew."""

    rows: list[dict[str, Any]]
    totals: dict[str, Any] = {}
    other: dict[str, Any] | None = None
    omitted: int = 0
    sums_of_days: list[str] = []
    window: Window | None = None
    previous_window: Window | None = None
    source: str = ""
    estimated: list[str] = []
    relative_error: float | None = None
    rows_read: int = 0
    bytes_read: int = 0
    policy: int = 1
    policy_applied: bool = True
    milliseconds: float = 0.0
    as_of: str | None = None
    lag_seconds: float = 0.0
    complete: bool = True


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    reason: str
    events: int


class Waterfall(msgspec.Struct, frozen=True, kw_only=True):
    """What one verdict took away, and what `remaining` after it."""

    verdict: str
    events: int
    remaining: int = 0
    reasons: list[Reason] = []


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """From received to counted: each of `steps` takes some away. `uniques` are the different
    visitors of the `interactions`: the counted events that a person did, of which `with_visitor`
    have a visitor. None where none has one. `recipients` are those of what was sent."""

    received: int
    steps: list[Waterfall]
    counted: int
    interactions: int = 0
    with_visitor: int = 0
    uniques: int | None = None
    recipients: int | None = None
    estimated: list[str] = []
    relative_error: float | None = None
    reasons_omitted: int = 0
    sums_of_days: list[str] = []
    window: Window | None = None
    source: str = ""
    rows_read: int = 0
    bytes_read: int = 0
    policy: int = 1
    policy_applied: bool = True
    as_of: str | None = None
    lag_seconds: float = 0.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event: `status` is stored, duplicate or refused; `error` says why it was
    refused. `external_id` is the id that you gave it."""

    status: str
    id: str = ""
    error: str = ""
    external_id: str = ""


class IngestResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch, `events` in its order. `durable`: what was stored is on disk."""

    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    durable: bool = True
    events: list[Outcome] = []


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """A file of events that is made in the background. `state` is queued, running, done, failed or
    expired; `problem` says why it failed. `progress` is from 0 to 1, `bytes` the file's size."""

    id: str
    state: str
    format: str = ""
    progress: float = 0.0
    rows: int = 0
    rows_total: int | None = None
    bytes: int = 0
    problem: str = ""
    created_at: str = ""
    ended_at: str | None = None
    expires_at: str = ""
    file: str | None = None


class ExportList(msgspec.Struct, frozen=True, kw_only=True):
    exports: list[Export] = []


class Tracker(msgspec.Struct, frozen=True, kw_only=True):
    """What reports back. `source` says which API made it: others are changed there. `resource` and
    `resource_id` say what it is there, such as `code` and its id. `link` leads to its destination,
    None without one; `image` records an event for a web page, "" without a slug. `privacy` None
    is the account's."""

    id: int
    kind: str
    name: str = ""
    slug: str = ""
    source: str = ""
    resource: str = ""
    resource_id: str = ""
    destination: str | None = None
    references: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    paused: bool = False
    privacy: str | None = None
    link: str | None = None
    image: str = ""
    created_at: str = ""
    updated_at: str = ""


class TrackerPage(msgspec.Struct, frozen=True, kw_only=True):
    trackers: list[Tracker]
    cursor: str | None = None


class Integrity(msgspec.Struct, frozen=True, kw_only=True):
    """The account's books. `rows` has one a source and hour (or day: see `by`), `rollups` what the
    comparison of counts with events found, `freshness` how long the oldest event waits."""

    balanced: bool
    since: str = ""
    until: str = ""
    by: str = "hour"
    totals: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    rollups: dict[str, Any] = {}
    freshness: dict[str, Any] = {}


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A version of what events are classified by. `state` is `made`, `applying`, `in_effect` or
    `replaced`; `progress` goes from 0 to 1 while it is applied."""

    number: int
    state: str
    rules: dict[str, Any] = {}
    list: str = ""
    note: str = ""
    progress: float | None = None
    problem: str = ""
    receipt: dict[str, int | None] = {}
    created_at: str | None = None
    applied_at: str | None = None
    ended_at: str | None = None


class PolicyList(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first. `in_effect` is the number of the one in effect."""

    policies: list[Policy]
    in_effect: int = 1
    list: str = ""


class PolicyPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What would change: each of `changes` has `day`, `from`, `to` and `events`. Of `unknown`
    events too little was kept, and `kept` ones stay as they are in any case."""

    classified: int
    changed: int
    unknown: int = 0
    kept: int = 0
    changes: list[dict[str, Any]] = []
    omitted: int = 0
    sums_of_days: list[str] = []
    window: Window | None = None
    list: str = ""
