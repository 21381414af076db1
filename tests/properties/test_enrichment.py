"""What was found of a sighting, as fields and as the line that is journalled."""

import ipaddress
import json

from hypothesis import given, settings
from hypothesis import strategies as some

from footfall.capture.enrichment import (
    COARSE_FIELDS,
    FOUND_NOTHING,
    EnrichmentContext,
    Found,
    RequestContext,
    classify,
    enrich,
    find,
    keep_members,
)
from footfall.core.accounts import Privacy
from footfall.core.classification import Rules
from footfall.core.events import EventKind
from tests.support.running import PHONE

AROUND = EnrichmentContext(
    place=lambda ip: Found({"country": "NL", "isp": 'A "B"'}) if "." in ip else FOUND_NOTHING,
    visitor_salt=lambda at: b"salt",
)
RULES = Rules(bots=("robot",), internal=(ipaddress.ip_network("10.0.0.0/8"),))

text = some.sampled_from(["", PHONE, "robot", "Slackbot 1.0", 'a "quoted"\\ ü\n text'])
sightings = some.builds(
    RequestContext,
    at=some.just(1_790_000_000_000),
    ip=some.just("") | some.ip_addresses().map(str) | some.just("10.1.2.3"),
    user_agent=text | some.text(max_size=20),
    referrer=some.just("") | some.just("https://www.example.org/a") | some.text(max_size=20),
    accept_language=some.sampled_from(["", "nl", "pt-BR,pt;q=0.9", ",", " "]),
    purpose=some.sampled_from(["", "prefetch", "Preview"]),
    country=some.sampled_from(["", "BE"]),
    visitor_known=some.booleans(),
)


@settings(deadline=None)
@given(
    request=sightings,
    kind=some.sampled_from(EventKind),
    privacy=some.sampled_from(Privacy),
)
def test_the_line_says_what_the_fields_say_each_once_and_no_more_than_the_mode_allows(
    request: RequestContext, kind: EventKind, privacy: Privacy
) -> None:
    found = [*find(request, privacy, AROUND), classify(request, kind, RULES)]
    members = b"".join(keep_members(found, privacy))
    pairs = json.loads(b"{" + members.removeprefix(b",") + b"}", object_pairs_hook=list)
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names)
    assert dict(pairs) == enrich(request, kind, privacy, AROUND, RULES)
    if privacy is Privacy.COARSE:
        assert {*names} <= {*COARSE_FIELDS}
    assert not (request.visitor_known and "visitor" in names)
