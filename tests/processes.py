"""Commands in processes of their own, with status, signals, files and environment, which start in an instant.

They are forked from a process that has imported everything, which takes a command two seconds. `.ci/smoke` starts each
command as a person does.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

# A command that takes longer is ended by a signal.
_SECONDS = 300
_MAIN = "from seqchat.__main__ import main\nmain()\n"


def seqchat(*arguments: object, stdin: str | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return python(_MAIN, *arguments, stdin=stdin, cwd=cwd)


def python(
    code: str, *arguments: object, stdin: str | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code to its end as the main module, with arguments as if it was seqchat."""
    argv = ["seqchat", *map(str, arguments)]
    with tempfile.TemporaryDirectory() as name:
        entered, out, error = files = [Path(name) / part for part in ("in", "out", "error")]
        for file in files:
            file.touch()
        entered.write_text(stdin or "", encoding="utf-8", errors="surrogateescape")
        status = _run(
            {
                "code": code,
                "seconds": _SECONDS,
                "arguments": argv,
                "folder": str(cwd or Path.cwd()),
                "environment": dict(os.environ),
                "files": [os.devnull if stdin is None else str(entered), str(out), str(error)],
            }
        )
        return subprocess.CompletedProcess(argv, status, out.read_text("utf-8"), error.read_text("utf-8"))


def _run(command: dict[str, object]) -> int:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(command) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


@cache
def _server() -> subprocess.Popen[str]:
    script = Path(__file__).with_name("process_server.py")
    server = subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", bufsize=1
    )
    atexit.register(server.communicate)
    return server
