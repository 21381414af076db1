"""`footfall verify --rederive`, on a directory whose events an older version stored."""

import json
from pathlib import Path

from tests.conftest import StartServer
from tests.support.running import output_of, verify, wait_for

AGE = """
import sys
from footfall.store.maintenance.rebuild import Region, find_counted, rebuild
from footfall.store.store import ClickHouseStore
store = ClickHouseStore(f"chdb://{sys.argv[1]}", 400_000_000)
with store.opened().mutations() as client:
    for table in ("events", "events_by_tracker"):
        client.command(
            f"ALTER TABLE {table} UPDATE referrer_host = 'www.example.org',"
            " referrer = 'https://www.example.org/1'"
            " WHERE 1", settings={"mutations_sync": 1}
        )
    tables = find_counted(client)
for one in tables:
    rebuild(store.opened(), one, Region(account=1))
store.close()
"""


INTERRUPT = """
import sys
from pathlib import Path
from footfall.integrity import interrupted
from footfall.store.maintenance.rederive import Rederiver
from footfall.store.store import ClickHouseStore
data = Path(sys.argv[1])
store = ClickHouseStore(f"chdb://{data}/store", 400_000_000)
rederiver = Rederiver(store.opened(), lambda _: [])
interrupted.begin(data)
rederiver.rewrite_copies(rederiver.look(1, 0))
store.close()
"""
"""The process dies when the copies of the rows are rewritten, and neither counts nor events."""


def test_a_preview_says_what_changes_and_the_application_changes_it_once(
    start_server: StartServer,
) -> None:
    server = start_server(privacy="full")
    code = server.create_code()
    for n in range(6):
        server.scan(code["slug"], {"Referer": f"https://www.example.org/{n}"})
    wait_for(lambda: server.analytics(code["id"])["scans"]["total"] == 6 or None)
    right = server.analytics(code["id"])
    server.stop()
    output_of(AGE, server.data / "store")

    preview = json.loads(verify(server.data, "--rederive", "--json").stdout)
    assert (preview["applied"], preview["events"], preview["changed"]) == (False, 6, 6)
    columns = {one["column"]: one for one in preview["columns"]}
    assert set(columns) == {"referrer_host"}
    assert columns["referrer_host"]["events"] == 6
    assert columns["referrer_host"]["examples"] == [
        {"before": "www.example.org", "after": "example.org", "events": 6}
    ]
    shown = verify(server.data, "--rederive").stdout
    assert shown.splitlines()[-1] == preview["next"]
    assert "footfall verify --rederive --apply" in preview["next"]

    output_of(INTERRUPT, server.data)
    said = "verify --rederive --apply was interrupted"
    assert said in verify(server.data).stdout
    server.start()
    assert said in server.client.get("/health").json()["warning"]
    server.stop()

    done = verify(server.data, "--rederive", "--apply")
    assert done.returncode == 0, done.stdout
    assert "6 of 6 events changed." in done.stdout
    assert "Nothing to do" in verify(server.data, "--rederive", "--apply").stdout
    balanced = verify(server.data)
    assert (balanced.returncode, said in balanced.stdout) == (0, False)
    server.start()
    assert said not in server.client.get("/health").json()["warning"]
    assert server.analytics(code["id"]) == right


def test_options_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    alone = verify(tmp_path, "--apply")
    assert (alone.returncode, "--apply belongs to --rederive" in alone.stdout) == (1, True)
    both = verify(tmp_path, "--rederive", "--repair")
    assert (both.returncode, "leave out --repair" in both.stdout) == (1, True)


def test_counts_are_not_rebuilt_where_raw_events_are_missing(start_server: StartServer) -> None:
    server = start_server(privacy="full")
    code = server.create_code()
    server.scan(code["slug"])
    wait_for(lambda: server.analytics(code["id"])["scans"]["total"] == 1 or None)
    server.stop()
    lost = AGE[: AGE.index("with")] + (
        "with store.opened().mutations() as client:\n"
        "    client.command('ALTER TABLE events_by_tracker DELETE WHERE 1',"
        " settings={'mutations_sync': 1})\n"
        "store.close()\n"
    )
    output_of(lost, server.data / "store")
    refused = verify(server.data, "--rederive", "--apply")
    assert refused.returncode == 1
    assert "Nothing was changed." in refused.stdout
