"""Which lines of seqchat the tests run, measured with SlipCover, which costs very little.

Processes that tests start are measured too, by `sitecustomize.py` in this folder.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import tempfile
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import slipcover

_HERE = Path(__file__).parent
# Names the folder in which processes leave what they measured.
_VARIABLE = "SEQCHAT_LINES"
# Comes after the packages in the alphabet.
_TOTAL = "total"
_NOT_RUN = [r"pragma: no cover", r"if TYPE_CHECKING:"]


def _package() -> Path:
    spec = importlib.util.find_spec("seqchat")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


class Measurement:
    """Measures from now on; what was imported before is not seen."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        os.environ[_VARIABLE] = self._folder.name
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_HERE), os.environ.get("PYTHONPATH")]))
        self._package = _package()
        self._lines = _begin(self._package, [str(self._package)])

    def table(self) -> list[str]:
        """Return the share of the lines of each package that were run, and of all."""
        files = self._merged()["files"]
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for name, lines in files.items():
            path = Path(name).absolute()
            # A command that was started in the checkout ran its files, not those that are installed.
            if not path.is_relative_to(self._package):
                continue
            parts = path.relative_to(self._package).parts
            for package in ("/".join(["seqchat", *parts[:-1][:1]]), _TOTAL):
                counts[package][0] += len(lines["executed_lines"])
                counts[package][1] += len(lines["executed_lines"]) + len(lines["missing_lines"])
        return [
            f"{name:<20} {run:>6,} of {lines:>6,} lines {run / lines:7.1%}"
            for name, (run, lines) in sorted(counts.items())
        ]

    def missing(self) -> list[str]:
        """Return the lines of each file that were not run."""
        files = self._merged()["files"]
        return [f"{name}: {_ranges(lines['missing_lines'])}" for name, lines in files.items() if lines["missing_lines"]]

    def _merged(self) -> dict[str, Any]:
        """Return what this process and those that it started ran."""
        total: dict[str, Any] = self._lines.get_coverage()
        for path in Path(self._folder.name).glob("*.json"):
            slipcover.merge_coverage(total, json.loads(path.read_text("utf-8")))
        return total


def measure_this_process() -> None:
    """Measure a process that a test started; what it ran is written when it ends."""
    folder = Path(os.environ[_VARIABLE])
    lines = _begin(_package(), None)

    def write() -> None:
        # A test may have removed the folder that the process runs in, or the run may be over.
        with suppress(OSError):
            covered = lines.get_coverage()
            covered["files"] = {str(Path(name).absolute()): found for name, found in covered["files"].items()}
            handle, name = tempfile.mkstemp(".partial", dir=folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(covered, file)
            Path(name).rename(Path(name).with_suffix(".json"))

    leave = os._exit

    def write_and_leave(status: int) -> None:
        write()
        leave(status)

    os._exit = write_and_leave  # type: ignore[assignment]
    atexit.register(write)


def _begin(package: Path, source: list[str] | None) -> slipcover.Slipcover:
    lines = slipcover.Slipcover(source=source, exclude_lines=_NOT_RUN)
    slipcover.ImportManager(lines, slipcover.FileMatcher(sources=[str(package)])).__enter__()
    return lines


def _ranges(numbers: list[int]) -> str:
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
