"""The command line, as people type it."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartServer
from tests.support import running
from tests.support.running import RunningServer, inherited


def footfall(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return running.footfall(*arguments, env={**inherited(), **environment})


@pytest.mark.parametrize(
    "arguments",
    [(), *((command,) for command in ("serve", "demo", "accounts", "torture"))],
)
def test_every_command_teaches_itself(arguments: tuple[str, ...]) -> None:
    program = [sys.executable, "-m", "footfall", *arguments, "--help"]
    done = subprocess.run(program, env=inherited(), capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Usage:" in done.stdout


def test_the_server_does_not_load_what_only_other_commands_need() -> None:
    """Each costs a start a tenth of a second and more."""
    program = "import sys, footfall.cli.main; print({'httpx', 'mcp', 'pyarrow'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def test_config_shows_each_value_and_its_source(tmp_path: Path) -> None:
    file = tmp_path / "footfall.toml"
    file.write_text('port = 4000\nhost = "0.0.0.0"\n')
    done = footfall(
        "config",
        FOOTFALL_CONFIG=str(file),
        FOOTFALL_HOST="::1",
        FOOTFALL_BOOTSTRAP_KEY="oqr_secretsecretsecretsecret",
    )
    lines = {line.split("│")[1].strip(): line for line in done.stdout.splitlines() if "│" in line}
    assert "4000" in lines["port"]
    assert "footfall.toml" in done.stdout
    assert "::1" in lines["host"]
    assert "environment" in lines["host"]
    assert "default" in lines["journal_bytes_max"]
    assert "secret" not in done.stdout


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (
            {"FOOTFALL_PORT": "many"},
            "port (environment FOOTFALL_PORT): must be a whole number from 1",
        ),
        ({"FOOTFALL_PRIVACY": "none"}, "'none' is not one of its values: full, truncated, coarse"),
        ({"FOOTFALL_CONFIG": "/nowhere.toml"}, "/nowhere.toml, which does not exist"),
        ({"FOOTFALL_PRIVACY": "none"}, "privacy (environment FOOTFALL_PRIVACY)"),
        ({"FOOTFALL_PUBLIC_URL": "scans.example.org"}, "must begin with http:// or https://"),
        ({"FOOTFALL_SHORT_URL": "https://x.example/r"}, "must be a host without a path"),
        ({"FOOTFALL_SHORT_URL": "http://localhost:3000"}, "must be another host than public_url"),
        ({"FOOTFALL_NODE": "5000"}, "must be from 0 to 1023"),
        ({"FOOTFALL_TRUSTED_PROXY_HOPS": "-1"}, "must be from 0 to 20"),
        ({"FOOTFALL_RAW_DAYS": "-5"}, "must be from 1 to"),
        ({"FOOTFALL_INTERNAL_ADDRESSES": "10.0.0.0/99"}, "internal_addresses"),
        ({"FOOTFALL_BOOTSTRAP_KEY": "x"}, "must be oqr_ and 20 to 120"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], said: str) -> None:
    done = footfall("config", **environment)
    assert done.returncode == 1
    assert said in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


def test_an_unknown_setting_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "footfall.toml"
    file.write_text("prot = 4000\n")
    done = footfall("config", FOOTFALL_CONFIG=str(file))
    assert done.returncode == 1
    assert "unknown setting prot. Did you mean port?" in done.stderr.replace("\n", "")


def test_keys_are_made_listed_and_revoked_while_the_server_runs(
    start_server: StartServer,
) -> None:
    server = start_server()
    data = str(server.data)
    made = footfall("keys", "create", "--data", data, "--name", "reports", "--scope", "read")
    secret = made.stdout.split()[-1]
    assert status_of(server, secret) == 200
    listed = footfall("keys", "list", "--data", data).stdout
    assert "reports" in listed
    assert secret not in listed
    assert footfall("keys", "revoke", "2", "--data", data).returncode == 0
    assert status_of(server, secret) == 401
    assert footfall("keys", "revoke", "99", "--data", data).returncode == 1


def status_of(server: RunningServer, secret: str) -> int:
    answer = httpx.get(f"{server.url}/v1/me", headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code


def test_the_first_start_shows_the_key_once(start_server: StartServer) -> None:
    server = start_server(bootstrap_key="")
    shown = [word for word in server.log.read_text().split() if word.startswith("oqr_")]
    assert len(shown) == 1
    assert status_of(server, shown[0]) == 200
    server.stop()
    server.start()
    assert server.log.read_text().count("oqr_") == 1


@contextmanager
def listening(
    data: Path, said: Path, begin: Callable[..., running.Process]
) -> Iterator[httpx.Client]:
    """Asks a server from the moment on in which it says that it listens, and stops it."""
    server = running.RunningServer(data)
    process = begin(["serve", "--data", str(data)], server.environment(), said, said.parent)
    running.wait_for(lambda: (said.exists() and running.LAST_LINE in said.read_bytes()) or None)
    yield server.client
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    server.close()


def test_who_waits_for_the_last_line_and_asks_at_once_is_answered(tmp_path: Path) -> None:
    with listening(tmp_path / "data", tmp_path / "said", running.begin) as client:
        assert client.get("/health").status_code == 200


def test_a_server_that_is_stopped_says_nothing_more(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with listening(tmp_path / "data", said, running.begin_whole) as client:
        assert client.post("/v1/qr/check", json={"data": "read"}).json()["decodes"]
    assert said.read_bytes().endswith(running.LAST_LINE + b".\n")


def test_the_doctor_finds_a_running_and_a_stopped_server_healthy(
    start_server: StartServer,
) -> None:
    server = start_server()
    server.scan(server.create_code()["slug"])
    for _ in range(2):
        done = footfall("doctor", "--data", str(server.data))
        assert done.returncode == 0, done.stdout
        for part in ("data directory", "disk", "journal", "clock", "catalog", "event store"):
            assert f"ok   {part}:" in done.stdout
        server.stop()


def test_the_doctor_names_doors_that_admit_the_same_pass_again(start_server: StartServer) -> None:
    server = start_server()
    scan = {"scan": {"readerId": "north-gate", "passId": "M-1", "scanType": "nfc"}}
    server.client.post("/api/v1/scans?newReader=true", json=scan).raise_for_status()
    done = footfall("doctor", "--data", str(server.data))
    assert done.returncode == 0
    said = "1 of 1 readers admit the same pass again at once (north-gate)"
    assert said in done.stdout.replace("\n", " ")
    rule = {"readerConfiguration": {"validationConfiguration": {"validityPeriodSeconds": 60}}}
    path = "/api/v1/entities/default/readerConfiguration"
    server.client.patch(path, json=rule).raise_for_status()
    assert "ok   doors: 1 readers" in footfall("doctor", "--data", str(server.data)).stdout


@pytest.mark.parametrize(
    "command",
    [("clock",), ("members", "list")],
    ids=" ".join,
)
def test_a_mistyped_data_directory_is_not_created(tmp_path: Path, command: tuple[str, ...]) -> None:
    mistyped = tmp_path / "dta"
    done = footfall(*command, "--data", str(mistyped))
    assert done.returncode == 1
    assert "is not a data directory of Footfall" in " ".join(done.stderr.split())
    assert not mistyped.exists()


def test_an_account_is_changed_from_the_command_line(start_server: StartServer) -> None:
    data = str(start_server().data)
    changed = footfall("accounts", "change", "1", "--raw-days", "90", "--data", data)
    assert "raw events kept 90 days" in changed.stdout
    assert "90 days" in footfall("accounts", "list", "--data", data).stdout
    assert footfall("accounts", "change", "9", "--data", data).returncode == 1


def test_a_port_in_use_is_said_and_not_shared(start_server: StartServer, tmp_path: Path) -> None:
    port = start_server().port
    done = footfall("serve", "--data", str(tmp_path / "other"), "--port", str(port))
    assert done.returncode == 1
    assert "Cannot listen on 127.0.0.1 port" in done.stderr


def test_the_doctor_says_what_is_wrong(tmp_path: Path) -> None:
    done = footfall("doctor", "--data", str(tmp_path / "missing"))
    assert done.returncode == 1
    assert "is missing: run footfall serve" in done.stdout.replace("\n", " ")

    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "journal.db").write_bytes(b"not a database at all" * 100)
    done = footfall("doctor", "--data", str(broken))
    assert done.returncode == 1
    assert "fix journal:" in done.stdout


def test_a_variable_that_is_not_a_setting_is_named_with_the_nearest(tmp_path: Path) -> None:
    given = {"FOOTFALL_PROT": "1", "FOOTFALL_TRUSTED_PROXY_HOP": "1"}
    others = {"FOOTFALL_KEY": "oqr_x", "FOOTFALL_URL": "x", "FOOTFALL_SERVICE_HOST": "10.0.0.1"}
    done = footfall("doctor", "--data", str(tmp_path), **given, **others)
    assert "FOOTFALL_PROT is not a setting and has no effect. Did you mean FOOTFALL_PORT?" in (
        done.stderr
    )
    assert "Did you mean FOOTFALL_TRUSTED_PROXY_HOPS?" in done.stderr
    assert done.stderr.count("is not a setting") == 2


def test_a_port_that_is_not_a_number_is_answered_with_a_sentence(tmp_path: Path) -> None:
    done = footfall("serve", "--data", str(tmp_path / "data"), "--port", "abc")
    assert done.returncode == 1
    said = "port (command line): must be a whole number from 1 to 65535, and is 'abc'"
    assert said in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("keys create --days -5", "greater than or equal to 1"),
        ("keys create --days 99999999999", "less than or equal to 36500"),
        (
            "keys create --creations-per-hour 9999999999999999999",
            "less than or equal to 1000000000",
        ),
        (f"keys create --name {'x' * 201}", "1 to 200 characters"),
        ("keys create --name=", "1 to 200 characters"),
        ("keys revoke 99999999999999999999999", "less than or equal to 9223372036854775807"),
        ("accounts change 99999999999999999999999", "less than or equal to 9223372036854775807"),
        ("accounts change 1 --raw-days 99999999999999999999", "less than or equal to 36500"),
        ("demo --seed 99999999999999999999999 --days 0", "1 to 365"),
    ],
)
def test_a_number_out_of_range_is_refused_with_the_range(
    tmp_path: Path, arguments: str, said: str
) -> None:
    done = footfall(*arguments.split(), "--data", str(tmp_path))
    assert done.returncode in (1, 2), done.stdout
    assert said in done.stdout
    assert "not foreseen" not in done.stdout


def test_the_encoding_of_the_locale_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "footfall.toml"
    file.write_text('data = "Büro"\n', encoding="utf-8")
    program = [sys.executable, "-m", "footfall", "config", "--json"]
    other = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    env = {**inherited(), **other, "FOOTFALL_CONFIG": str(file)}
    done = subprocess.run(program, env=env, capture_output=True, check=True)
    assert "Büro" in done.stdout.decode()


def test_output_that_cannot_be_written_is_said_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        program = [sys.executable, "-m", "footfall", "config"]
        done = subprocess.run(program, env=inherited(), stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == b"footfall: the output cannot be written: No space left on device.\n"


def test_the_version_and_the_completion_are_printed() -> None:
    assert footfall("--version").stdout.startswith("footfall ")
    shown = footfall("--show-completion", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "completion" in shown.stdout + footfall("--help").stdout


def test_commands_print_json_for_programs(start_server: StartServer) -> None:
    server = start_server()
    data = ("--json", "--data", str(server.data))
    made = json.loads(
        footfall("keys", "create", "--scope", "read", "--creations-per-hour", "50", *data).stdout
    )
    assert status_of(server, made["secret"]) == 200
    assert (made["scopes"], made["creations_per_hour"], made["usable"]) == (["read"], 50, True)
    listed = json.loads(footfall("keys", "list", *data).stdout)
    assert [one["id"] for one in listed] == [1, made["id"]]
    assert "secret" not in listed[1]
    assert json.loads(footfall("keys", "revoke", str(made["id"]), *data).stdout)["revoked_at"]
    invited = json.loads(footfall("members", "invite", "a@example.org", *data).stdout)
    assert invited["link"].startswith("http")
    assert [one["email"] for one in json.loads(footfall("members", "list", *data).stdout)] == [
        "a@example.org"
    ]
    changed = json.loads(footfall("accounts", "change", "1", "--raw-days", "9", *data).stdout)
    assert changed == json.loads(footfall("accounts", "list", *data).stdout)[0]
    assert all(one["healthy"] for one in json.loads(footfall("doctor", *data).stdout))
    assert json.loads(footfall("clock", *data).stdout) == {"believed": True, "problem": ""}
    settings = {one["name"]: one for one in json.loads(footfall("config", *data).stdout)}
    assert settings["data"]["source"] == "command line"
    assert json.loads(footfall("archive", "verify", *data).stdout) == {"files": 0, "wrong": []}
    server.stop()
    verified = json.loads(footfall("verify", *data).stdout)
    assert verified["balanced"]
    assert verified["findings"]


def test_a_dry_run_of_an_import_prints_json(tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("kind,url\nscan,https://example.org\nscam,\n")
    done = json.loads(footfall("import", str(file), "--dry-run", "--json").stdout)
    assert not done["complete"]
    assert (done["rows"]["read"], done["rows"]["refused"]) == (2, 1)
    assert "scan, impression" in done["rows"]["reasons"][0]["reason"]
    assert done["events"][0]["url"] == "https://example.org"
