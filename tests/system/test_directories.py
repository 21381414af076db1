"""Data directories of any name: every file and every event stays inside, and is found again."""

import io
import tempfile
from pathlib import Path

import msgspec
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.bootstrap import now
from footfall.core.errors import StoreUnavailable
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ports import Batch
from footfall.core.queries import EventQuery
from footfall.jobs.archive.manifests import Month
from footfall.store.paths import engine_path
from footfall.store.store import ClickHouseStore
from tests.conftest import StartServer
from tests.support.running import RunningServer, footfall, output_of, verify, wait_for

DAY_MS = 86_400_000
OLD = 40
"""Events of past months."""

FILL = f"""
import sys
from pathlib import Path
import msgspec
from footfall.core.events import Event, EventKind, Verdict
from footfall.core.ids import EPOCH_MS, TIME_SHIFT
from footfall.core.ports import Batch
from footfall.core.queries import EventQuery
from footfall.store.paths import own_temporary_files
from footfall.store.store import ClickHouseStore

data, until = Path(sys.argv[1]), int(sys.argv[2])
own_temporary_files(data)
store = ClickHouseStore(f"chdb://{{data}}/store", 400_000_000)
events = [
    Event(id=(until - (70 + n) * {DAY_MS} - EPOCH_MS << TIME_SHIFT) + n, source="native",
          account=1, tracker=n % 3, kind=EventKind.SCAN, verdict=Verdict.COUNTED, ip="203.0.113.9")
    for n in range({OLD})
]
lines = b"".join(msgspec.json.encode(one) + b"\\n" for one in events)
store.insert(Batch("old", 1, len(events), lines))
store.close()
"""


def done_with(server: RunningServer, path: str, names: str, ended: str) -> dict[str, object]:
    def check() -> dict[str, object] | None:
        newest: dict[str, object] = server.client.get(path).json()[names][0]
        return newest if newest[ended] in ("done", "failed") else None

    return wait_for(check)


@pytest.mark.parametrize(
    "name",
    [
        "na{m,}e",
        "what? #h 50%20 a&b=c",
        "sta*r [bold] $HOME ' \" ` \\ \n\t and ünï",
    ],
)
def test_a_data_directory_of_any_name_has_all_events_and_nothing_lies_outside(
    start_server: StartServer, tmp_path: Path, name: str
) -> None:
    data = tmp_path / "around" / name / "data"
    data.mkdir(parents=True)
    until = now()
    output_of(FILL, data, until)
    server = start_server(data)
    code = server.create_code()
    for _ in range(3):
        assert server.scan(code["slug"]).headers["x-footfall"] == "recorded"

    def counted() -> object:
        question = {"metrics": ["events"], "dimensions": ["ip"], "since": "2025-01-01"}
        report = server.client.post("/reports", json=question).json()
        return report["totals"]["events"]

    assert counted() == OLD + 3
    assert server.client.get("/integrity").json()["totals"]["stored"] == 3
    before = {"before": str(Month.of(until).before(1)), "remove": True}
    assert server.client.post("/archives", json=before).status_code == 202
    archived = done_with(server, "/deletions", "deletions", "step")
    assert (archived["problem"], archived["events"]) == ("", OLD)
    assert counted() == OLD + 3  # of which most are read from the archive
    assert server.client.post("/exports", json={"format": "parquet"}).status_code == 202
    export = done_with(server, "/exports", "exports", "state")
    content = server.client.get(str(export["file"])).content
    assert pyarrow.parquet.read_table(io.BytesIO(content)).num_rows == 3
    server.stop()
    server.start()
    assert counted() == OLD + 3
    server.stop()
    assert verify(data).returncode == 0
    sent = footfall("doctor", "--data", str(data))
    assert sent.returncode == 0, sent.stdout
    assert [one.name for one in (tmp_path / "around").iterdir()] == [name]
    assert {one.name for one in data.parent.iterdir()} == {"data", "data.log"}
    assert not list((data / "temporary").iterdir())


def test_a_directory_that_is_no_utf_8_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = footfall("serve", "--data", f"{tmp_path}/\udcff")
    assert done.returncode == 1
    assert "must be the path of a directory in UTF-8" in done.stdout
    assert "Traceback" not in done.stdout


@given(
    parts=st.lists(
        st.text(
            st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1
        ).filter(lambda part: part not in (".", "..") and len(part.encode()) < 200),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None)
def test_the_engines_path_of_a_file_is_plain_and_leads_to_it(parts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as base:
        path = Path(base, *parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("here")
        plain = engine_path(path)
        assert not set(plain) & set("*?{}#%&'\"\\\n")
        assert Path(plain).samefile(path)


def test_an_insert_of_another_number_of_rows_is_not_believed_and_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the engine took the path of a batch for a pattern, and found no such file."""
    store = ClickHouseStore(f"chdb://{tmp_path / 'store'}", 400_000_000)
    event = Event(id=1, account=1, kind=EventKind.SCAN, source="t", verdict=Verdict.COUNTED)
    batch = Batch("batch", 1, 1, msgspec.json.encode(event) + b"\n")
    pattern = tmp_path / "{a,b}"
    pattern.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(pattern))
        with pytest.raises(StoreUnavailable, match="Of a batch of 1 events 0 entered"):
            store.insert(batch)
    assert store.events(EventQuery(account=1)).events == []
    for _ in range(2):
        store.insert(msgspec.structs.replace(batch, again=True))
        assert len(store.events(EventQuery(account=1)).events) == 1
    store.close()
