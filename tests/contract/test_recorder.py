"""The line of a captured event: what was found, what the tracker gives, what the caller knows."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from footfall.capture.enrichment import EnrichmentContext, Found, RequestContext, RulesInEffect
from footfall.capture.id_generator import IdGenerator
from footfall.capture.recorder import Capture
from footfall.core.accounts import Privacy
from footfall.core.classification import Rules
from footfall.core.events import EventKind, Verdict
from footfall.core.trackers import Tracker
from footfall.journal.journal import SqliteJournal
from tests.support.running import PHONE

NOW = 1_790_000_000_000
CONTEXT = EnrichmentContext(
    place=lambda ip: Found({"country": "NL", "city": "Zwolle"}), visitor_salt=lambda at: b"salt"
)
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"
KNOWN = {"url": "https://shop.example/\u00fc", "metadata": '{"seat":"5"}', "visitor": 77}

CASES = list(
    itertools.product(
        Privacy,
        [PHONE, BOT],
        [None, Verdict.REFUSED],
        [{}, KNOWN],
        [("", {}), ('{"row":1}', {"code": "7", "offer": "9"})],
    )
)


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


@pytest.mark.parametrize(("privacy", "user_agent", "verdict", "also", "given"), CASES)
async def test_a_line_holds_each_field_once_and_what_knows_more_goes_before(
    tmp_path: Path,
    privacy: Privacy,
    user_agent: str,
    verdict: Verdict | None,
    also: dict[str, Any],
    given: tuple[str, dict[str, str]],
) -> None:
    metadata, references = given
    journal = SqliteJournal(tmp_path / "journal.db", 1 << 30)
    ids = IdGenerator(lambda: NOW)
    capture = Capture(journal, ids, CONTEXT, RulesInEffect(Rules()))
    tracker = Tracker(
        id=3,
        account=2,
        slug="menu",
        kind=EventKind.SCAN,
        source="openqr",
        destination="https://shop.example/",
        privacy=privacy,
        references=references,
        metadata=metadata,
    )
    request = RequestContext(at=NOW, ip="203.0.113.77", user_agent=user_agent, referrer="a.example")
    receipt = await capture.record(
        tracker, request, verdict, "paused", kind=EventKind.CLICK, also=also
    )
    batch = journal.take()
    assert batch is not None
    journal.close()
    line = json.loads(batch.lines, object_pairs_hook=named_once)
    fixed = {"id": receipt.event, "account": 2, "tracker": 3, "source": "openqr", "kind": "click"}
    fixed |= {"verdict": receipt.verdict, **references, **also}
    if metadata and not also:
        fixed["metadata"] = metadata
    assert {name: line[name] for name in fixed} == fixed
    bot = user_agent == BOT
    assert receipt.verdict == (Verdict.BOT if bot else verdict or Verdict.COUNTED)
    reason = "user agent: Googlebot/" if bot else "paused" if verdict else ""
    assert line.get("reason", "") == (
        reason.partition(":")[0] if privacy is Privacy.COARSE else reason
    )
    personal = {"ip": "203.0.113.77", "user_agent": user_agent, "city": "Zwolle"}
    if privacy is Privacy.COARSE:
        assert not personal.keys() & line.keys()
        assert line["country"] == "NL"
    else:
        cut = {"ip": "203.0.113.0"} if privacy is Privacy.TRUNCATED else {}
        assert {name: line[name] for name in personal} == personal | cut


async def test_a_line_without_a_tracker_says_nothing_of_the_person(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db", 1 << 30)
    capture = Capture(journal, IdGenerator(lambda: NOW), CONTEXT, RulesInEffect(Rules()))
    request = RequestContext(at=NOW - 5_000, ip="203.0.113.77", user_agent=PHONE)
    receipt = await capture.record_orphan(4, "/s/nothing", request)
    batch = journal.take()
    assert batch is not None
    journal.close()
    assert json.loads(batch.lines, object_pairs_hook=named_once) == {
        "id": receipt.event,
        "account": 4,
        "source": "redirect",
        "kind": "scan",
        "delay": 5_000,
        "verdict": "orphan",
        "reason": "unknown tracker",
        "url": "/s/nothing",
        "country": "NL",
        "device": "mobile",
    }
