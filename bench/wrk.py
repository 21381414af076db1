"""Load by wrk: many visitors with different addresses and browsers, over 64 connections unless
said otherwise."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from footfall.cli.demo.people import user_agents
from footfall.cli.torture.books import Broken

CONNECTIONS: Final = 64
ADDRESSES: Final = 4096
WARM_UP_SECONDS: Final = 1
INSTALL: Final = "install wrk: apt-get install wrk"

_MILLISECONDS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}

SCRIPT: Final = """
local agents = {{ {agents} }}
local requests = {{}}
init = function()
  for i = 1, {addresses} do
    local headers = {{
      ["User-Agent"] = agents[(i * 7) % #agents + 1],
      {connection}
      ["Accept-Language"] = "nl-NL,nl;q=0.9,en;q=0.8",
      ["X-Forwarded-For"] = string.format("%d.%d.%d.7", 80 + i % 16, i % 251, i % 239),
    }}
    if i % 5 == 0 then headers["Referer"] = "https://www.instagram.com/p/" .. i end
    requests[i] = wrk.format("GET", nil, headers)
  end
end
local number = 0
request = function()
  number = number % #requests + 1
  return requests[number]
end
"""


class Load(msgspec.Struct, frozen=True):
    """What wrk saw: answers a second and latencies in milliseconds, without the warm-up; all
    answers and failures, with it."""

    rate: float
    p50: float
    p99: float
    answers: int
    errors: int


def installed() -> bool:
    return shutil.which("wrk") is not None


def write_script(directory: Path, *, close: bool = False) -> Path:
    """Everything a request shows varies: browser, address (by a proxy's header), referrer.
    `close`: each request has a connection of its own."""
    path = directory / ("new-visitors.lua" if close else "visitors.lua")
    connection = '["Connection"] = "close",' if close else ""
    agents = ", ".join(f'"{text}"' for text in user_agents())
    path.write_text(SCRIPT.format(agents=agents, addresses=ADDRESSES, connection=connection))
    return path


def run(url: str, seconds: float, script: Path) -> Load:
    """What wrk sees after a first second that warms up. Raises Broken when wrk fails."""
    warm_up = run_once(url, WARM_UP_SECONDS, script)
    load = run_once(url, seconds, script)
    return msgspec.structs.replace(
        load, answers=load.answers + warm_up.answers, errors=load.errors + warm_up.errors
    )


def run_once(url: str, seconds: float, script: Path, connections: int = CONNECTIONS) -> Load:
    """What wrk sees, without a warm-up."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency"]
    done = subprocess.run(
        [*command, "-s", str(script), url], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Broken(f"wrk failed: {done.stdout}{done.stderr}")
    return read(done.stdout)


def read(text: str) -> Load:
    """wrk's report."""

    def find(pattern: str) -> str:
        found = re.search(pattern, text)
        return found.group(1) if found else "0"

    def latency(percent: int) -> float:
        found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)", text, re.M)
        assert found is not None, text
        return float(found.group(1)) * _MILLISECONDS[found.group(2)]

    sockets = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Load(
        rate=float(find(r"Requests/sec:\s+([\d.]+)")),
        p50=latency(50),
        p99=latency(99),
        answers=int(find(r"(\d+) requests in")),
        errors=int(find(r"Non-2xx or 3xx responses: (\d+)"))
        + (sum(map(int, sockets.groups())) if sockets else 0),
    )
