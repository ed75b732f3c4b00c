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
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for path, (lines, run) in self._merged().items():
            parts = Path(path).relative_to(self._package).parts
            for package in ("/".join(["seqchat", *parts[:-1][:1]]), _TOTAL):
                counts[package][0] += len(run)
                counts[package][1] += len(lines)
        return [
            f"{name:<20} {run:>6,} of {lines:>6,} lines {run / lines:7.1%}"
            for name, (run, lines) in sorted(counts.items())
        ]

    def missing(self) -> list[str]:
        """Return the lines of each file that were not run."""
        return [
            f"{path}: {_ranges(sorted(lines - run))}" for path, (lines, run) in self._merged().items() if lines - run
        ]

    def _merged(self) -> dict[str, tuple[set[int], set[int]]]:
        """Return the lines of each file, and those of them that this process and those that it started ran."""
        ran: dict[str, set[int]] = defaultdict(set)
        for path in Path(self._folder.name).glob("*.json"):
            for name, lines in json.loads(path.read_text("utf-8")).items():
                ran[name].update(lines)
        merged = {}
        for name, found in self._lines.get_coverage()["files"].items():
            path = str(Path(name).absolute())
            lines = {*found["executed_lines"], *found["missing_lines"]}
            merged[path] = lines, lines & {*found["executed_lines"], *ran[path]}
        return merged


def measure_this_process() -> None:
    """Measure a process that a test started; what it ran is written when it ends."""
    folder = Path(os.environ[_VARIABLE])
    lines = _begin(_package(), None)

    def write() -> None:
        ran = _ran(lines)
        lines.signal_child_process()
        # A test may have removed the folder that the process runs in, or the run may be over.
        with suppress(OSError):
            handle, name = tempfile.mkstemp(".partial", dir=folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(ran, file)
            Path(name).rename(Path(name).with_suffix(".json"))

    # What was run before a fork is written once, not by each process that is forked.
    os.register_at_fork(before=lambda: write() if lines.newly_seen else None)
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


def _ran(lines: slipcover.Slipcover) -> dict[str, list[int]]:
    """Return the lines that were run; which others there are takes SlipCover 0.2 seconds to say."""
    files = {*lines.all_seen, *lines.newly_seen}
    return {str(Path(name).absolute()): sorted(lines.all_seen[name] | lines.newly_seen[name]) for name in files}


def _ranges(numbers: list[int]) -> str:
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
