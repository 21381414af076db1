"""A rebuild of counts that dies half-way: the first read after it has whole counts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.running import output_of

FILL: Final = """
import sys
import msgspec
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.store.store import ClickHouseStore

store = ClickHouseStore(f"chdb://{sys.argv[1]}", 400_000_000)
events = [
    Event(id=(n * 60_000 + 86_400_000 << TIME_SHIFT) + 1, account=1, tracker=n % 4,
          kind=EventKind.SCAN, source="native", verdict=Verdict.COUNTED)
    for n in range(2_000)
]
lines = b"".join(msgspec.json.encode(one) + b"\\n" for one in events)
store.insert(Batch("fill", 0, len(events), lines))
store.close()
"""

TOTALS: Final = """
import json, sys
from footfall.store.store import ClickHouseStore
from tests.contract.totals import totals_query

store = ClickHouseStore(f"chdb://{sys.argv[1]}", 400_000_000)
totals = store.report(totals_query(1, (0, 1, 2, 3))).totals
with store.opened().reading() as client:
    tables = client.query("SELECT name FROM system.tables WHERE name LIKE 'staged%'").result_rows
store.close()
print(json.dumps({"events": totals.events, "left": len(tables)}))
"""

DIE: Final = """
import os, sys
from footfall.store.maintenance import rebuild
from footfall.store.store import ClickHouseStore

class Dying:
    def __init__(self, client):
        self.client = client

    def command(self, sql, **given):
        if sql.startswith(sys.argv[2]):
            os._exit(7)
        return self.client.command(sql, **given)

    def __getattr__(self, name):
        return getattr(self.client, name)

store = ClickHouseStore(f"chdb://{sys.argv[1]}", 400_000_000)
store.open()
swap = rebuild._swap
rebuild._swap = lambda client, *given: swap(Dying(client), *given)
with store.opened().reading() as client:
    one = next(one for one in rebuild.find_counted(client) if one.table == "rollup")
rebuild.rebuild(store.opened(), one, rebuild.Region(account=1))
"""


def totals(store: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output_of(TOTALS, store))
    return found


@pytest.mark.parametrize("before", ["ALTER TABLE", "INSERT INTO", "DROP TABLE"])
def test_after_a_crash_the_first_read_has_whole_counts(tmp_path: Path, before: str) -> None:
    store = tmp_path / "store"
    output_of(FILL, store)
    died = subprocess.run([sys.executable, "-c", DIE, store, before], timeout=60, check=False)
    assert died.returncode == 7
    assert totals(store) == {"events": 2_000, "left": 0}
