"""Run by `processes.py`: forks a process for each command it is asked to run; all modules are imported already."""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import posix
import signal
import sys
import traceback
from importlib import import_module
from typing import Any

# What nothing imports at the start of a command, and most commands import later
_ALSO = ["torch", "safetensors.torch", "jieba", "pypinyin", "pandas", "datasets", "rich.progress", "torch._dynamo"]
_PACKAGES = ["cli", "serving", "training", "evaluation", "insight", "completion", "corpus", "model"]


def _import_all() -> None:
    for name in _ALSO:
        import_module(name)
    for package in _PACKAGES:
        for module in pkgutil.walk_packages(import_module(f"seqchat.{package}").__path__, f"seqchat.{package}."):
            import_module(module.name)


def next_command() -> dict[str, Any]:
    """Return what to run, in a new process; this one goes on serving, and ends with its input."""
    for line in iter(sys.stdin.readline, ""):
        process = os.fork()
        if not process:
            return dict(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
    sys.exit()


def become(command: dict[str, Any]) -> None:
    """Take on the arguments, the folder, the environment and the files of a command."""
    signal.alarm(command["seconds"])
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    for number, (path, flags) in enumerate(zip(command["files"], [os.O_RDONLY, os.O_WRONLY, os.O_WRONLY], strict=True)):
        file = os.open(path, flags)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = command["arguments"]


def run(code: str) -> int:
    """Run code as the main module, and return its status; Python ends so, too."""
    try:
        exec(compile(code, "<command>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def end(status: int) -> None:
    """End without the second that it takes to free all modules."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    posix._exit(status)


if __name__ == "__main__":
    _import_all()
    # So that a new process does not copy all memory in its first collection.
    gc.freeze()
    command = next_command()
    become(command)
    end(run(command["code"]))
