"""Functions of the dashboard's source, called one by one: what needs no browser."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Final

WEB: Final = Path(__file__).parent.parent.parent / "web"

_CALLED: Final = """
import { readFile, writeFile, mkdtemp } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { transformWithOxc } from 'vite'
const [path] = process.argv.slice(1)
const { code } = await transformWithOxc(await readFile(path, 'utf8'), path)
const file = `${await mkdtemp(`${tmpdir()}/footfall-`)}/module.mjs`
await writeFile(file, code)
const functions = await import(file)
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(functions[name](...given) ?? null)}\\n`)
}
"""


class Functions:
    """What a file of `web/src` exports, run by Node."""

    def __init__(self, file: str) -> None:
        self._node = subprocess.Popen(
            ["node", "--input-type=module", "-e", _CALLED, str(WEB / "src" / file)],
            cwd=WEB,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> "Functions":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.close()
        self._node.wait(30)
        self._node.stdout.close()

    def __call__(self, name: str, *given: Any) -> Any:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps([name, *given]) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())
