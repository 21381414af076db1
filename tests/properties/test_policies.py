"""Policies one after another, by HTTP, against a plain model of what each event counts as."""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from footfall.bootstrap import now, open_catalog
from footfall.config import Settings
from tests.support.running import PHONE, RunningServer, wait_for

Classification = tuple[str, str]

GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
BY_THE_LIST: dict[str, Classification] = {
    PHONE: ("counted", ""),
    "AcmeMonitor/1.0 (it's \\ odd)": ("counted", ""),
    "Mozilla/5.0 (compatible; Googlebot/2.1)": ("bot", "user agent: Googlebot/"),
    "WhatsApp/2.23": ("preview", "user agent: WhatsApp"),
    GMAIL: ("preview", "user agent: GoogleImageProxy"),
}
INSIDE = {"203.0.113.0/24": {"203.0.113.7", "203.0.113.8"}, "203.0.113.7/32": {"203.0.113.7"}}
ADDRESSES = ["203.0.113.7", "203.0.113.8", "198.51.100.9"]
MODES = ["full", "truncated", "coarse"]
RULES = some.fixed_dictionaries(
    {
        "bots": some.sets(some.sampled_from(["ACMEmonitor", "iphone", "googlebot"])).map(sorted),
        "not_bots": some.sets(some.sampled_from(["Googlebot", "whatsapp"])).map(sorted),
        "internal": some.sampled_from([None, [], ["203.0.113.0/24"], ["203.0.113.7/32"]]),
    }
)
EVENTS = some.lists(
    some.tuples(
        some.sampled_from(["scan", "open"]),
        some.sampled_from(sorted(BY_THE_LIST)),
        some.sampled_from(ADDRESSES),
        some.sampled_from(MODES),
        some.integers(0, 40),
    ),
    min_size=8,
    max_size=16,
)


class Account:
    """An account of its own, with a tracker for each privacy mode."""

    def __init__(self, server: RunningServer) -> None:
        catalog = open_catalog(Settings(data=str(server.data)))
        _, key = catalog.create_account("Policies", "policies@example.org")
        catalog.close()
        headers = {"Authorization": f"Bearer {key}"}
        self.client = httpx.Client(base_url=server.url, headers=headers, timeout=60)
        self.trackers = {
            mode: self.post("/trackers", {"kind": "scan", "name": mode, "privacy": mode})["id"]
            for mode in MODES
        }

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.client.post(path, json=body)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def ingest(self, events: Sequence[Any]) -> None:
        before = datetime.fromtimestamp(now() / 1000, UTC)
        body = [
            {
                "kind": kind,
                "user_agent": user_agent,
                "ip": ip,
                "tracker": self.trackers[mode],
                "occurred_at": (before - timedelta(days=days)).isoformat(),
            }
            for kind, user_agent, ip, mode, days in events
        ]
        assert self.post("/events", body)["stored"] == len(events)

    def apply(self, rules: Mapping[str, Any]) -> dict[str, Any]:
        number = self.post("/policies", {"rules": rules})["number"]
        assert self.post(f"/policies/{number}/apply")["state"] in ("applying", "in_effect")

        def applied() -> dict[str, Any] | None:
            policy: dict[str, Any] = self.client.get(f"/policies/{number}").json()
            return policy if policy["ended_at"] else None

        return wait_for(applied)

    def count(self, policy: int | None = None) -> Counter[Classification]:
        body = {"metrics": ["events"], "dimensions": ["verdict", "reason"], "order_by": "events"}
        named = {} if policy is None else {"policy": policy}
        report = self.post("/reports", {**body, **named})
        assert report["policy_applied"]
        if policy is None:
            assert report["source"] == "rollup_account"
        else:
            assert report["policy"] == policy
        return Counter({(row["verdict"], row["reason"]): row["events"] for row in report["rows"]})

    def listed(self, policy: int) -> Counter[Classification]:
        page = self.client.get("/events", params={"policy": policy, "limit": 1000}).json()
        assert (page["policy"], page["total"]["events"]) == (policy, len(page["events"]))
        return Counter((one["verdict"], one.get("reason", "")) for one in page["events"])

    def explained(self, policy: int) -> Counter[Classification]:
        found = self.post("/counts/explain", {"policy": policy})
        counts = {
            (step["verdict"], reason["reason"]): reason["events"]
            for step in found["steps"]
            for reason in step["reasons"]
        }
        assert sum(counts.values()) + found["counted"] == found["received"]
        return Counter(counts)


def classify(event: Any, rules: Mapping[str, Any]) -> Classification:
    kind, user_agent, ip, _, _ = event
    if any(ip in INSIDE[network] for network in rules["internal"] or ()):
        return "internal", "address: internal"
    if kind == "open" and user_agent == GMAIL:
        return "machine_open", "mail proxy: Gmail"
    text = user_agent.lower()
    if any(one.lower() in text for one in rules["not_bots"]):
        return "counted", ""
    for one in rules["bots"]:
        if one.lower() in text:
            return "bot", f"user agent: {one.lower()}"
    return BY_THE_LIST[user_agent]


def classify_first(event: Any, rules: Mapping[str, Any]) -> Classification:
    verdict, reason = classify(event, rules)
    return verdict, reason.partition(":")[0] if event[3] == "coarse" else reason


def classify_stored(event: Any, known: Classification, rules: Mapping[str, Any]) -> Classification:
    _, _, ip, mode, _ = event
    cut = mode == "truncated" and ip.startswith("203.0.113.")
    if mode == "coarse" or (cut and rules["internal"] == ["203.0.113.7/32"]):
        return known
    return classify(event, rules)


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.generate],  # to shrink an example takes a server's time
    suppress_health_check=list(HealthCheck),
)
@given(batches=some.lists(some.tuples(EVENTS, RULES), min_size=2, max_size=3), last=EVENTS)
def test_every_policy_answers_as_a_plain_model_does(
    server: RunningServer, batches: list[tuple[list[Any], dict[str, Any]]], last: list[Any]
) -> None:
    account = Account(server)
    with contextlib.closing(account.client):
        events: list[Any] = []
        known: list[Classification] = []
        under: list[Counter[Classification]] = []
        rules: dict[str, Any] = {"bots": [], "not_bots": [], "internal": None}
        for sent, following in [*batches, (last, None)]:
            account.ingest(sent)
            events += sent
            known += [classify_first(event, rules) for event in sent]
            under.append(Counter(known))
            assert account.count() == under[-1]
            if following is None:
                break
            rules = following
            then = [classify_stored(*one, rules) for one in zip(events, known, strict=True)]
            preview = account.post("/policies/preview", {"rules": rules})
            changes: Counter[Any] = Counter()
            for one in preview["changes"]:
                what = tuple((one[end]["verdict"], one[end]["reason"]) for end in ("from", "to"))
                changes[what] += one["events"]
            changed = Counter(pair for pair in zip(known, then, strict=True) if pair[0] != pair[1])
            assert changes == changed
            assert account.count() == under[-1]
            policy = account.apply(rules)
            assert policy["receipt"]["changed"] == preview["changed"] == changed.total()
            assert policy["receipt"]["classified"] + policy["receipt"]["unknown"] == len(events)
            known = then
            assert account.count() == Counter(known)
        for number, wanted in enumerate(under, start=1):
            assert account.count(number) == account.listed(number) == wanted
            counted = Counter({one: n for one, n in wanted.items() if one[0] != "counted"})
            assert account.explained(number) == counted
