"""Scripts of clients in Node and PHP: what is theirs to change comes from the environment."""

import json
import os
import shutil
import subprocess
from typing import Any

from tests.support.programs import php
from tests.support.running import RunningServer


def run_node(server: RunningServer, script: str, **environment: object) -> Any:
    """The JSON that a module prints last. `BASE` and `KEY` are the server's."""
    node = shutil.which("node")
    assert node is not None, "Node 20 runs the clients of these tests: install nodejs"
    return _run([node, "--input-type=module", "-e", script], server, environment)


def run_php(server: RunningServer, script: str, **environment: object) -> Any:
    """The same in PHP with curl; a notice or a warning fails it."""
    return _run([php(), "-d", "display_errors=stderr", "-r", script], server, environment)


def _run(command: list[str], server: RunningServer, environment: dict[str, object]) -> Any:
    chosen = {name: str(value) for name, value in environment.items()}
    done = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], "BASE": server.url, "KEY": server.key, **chosen},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout.splitlines()[-1])
