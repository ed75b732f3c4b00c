"""Hub data sets and local files become dialogs."""

from __future__ import annotations

import csv
import glob
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError
from seqchat.locations import SAMPLE_CORPUS

DEFAULT_DATASET = "Jax-dan/HundredCV-Chat"
SAMPLE = "sample"

_LABEL = re.compile(r"\s*([^:：\n]{1,40}?)\s*[:：]\s*")
_SPEAKER_FIELDS = ("user1", "user2")
_TURNS_FIELDS = ("dialog", "dialogue", "conversation", "conversations", "messages", "turns", "utterances")
_TEXT_FIELDS = ("text", "content", "message", "utterance", "sentence", "value")
_BLOCK = 10_000
_TOO_MANY = "\x00too many"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Dialog:
    """One conversation: its turns in order, cleaned, without speaker labels."""

    turns: tuple[str, ...]


@dataclass
class Report:
    """What was read and what was not: one line for each record that had to be skipped."""

    dialogs: int = 0
    problems: list[str] = field(default_factory=list)

    def skip(self, place: str, reason: str) -> None:
        self.problems.append(f"{place}: {reason}")


@dataclass(frozen=True)
class _Record:
    """One raw record and where it stood (``file:line``)."""

    place: str
    value: Any
    error: str = ""


def read_dialogs(sources: Sequence[str], *, field: str | None = None, report: Report | None = None) -> Iterator[Dialog]:
    """Read the dialogs of several sources, one after the other.

    A source is ``sample``, a file, a folder, a glob pattern, or a hub id (``owner/name``). `field` names the field or
    column that holds the turns or the text where it can't be guessed. Records that are malformed are skipped and
    entered in `report`.

    Raises:
        SeqchatError: a source does not exist, cannot be reached, or has nothing usable.
    """
    report = report if report is not None else Report()
    for source in sources:
        for name, records in _open(source):
            before = report.dialogs
            for record in records:
                dialog = _dialog(record, field, report)
                if dialog is not None:
                    report.dialogs += 1
                    yield dialog
            if report.dialogs == before:
                raise SeqchatError(_nothing_usable(name, report))


def _nothing_usable(name: str, report: Report) -> str:
    hint = report.problems[-1] if report.problems else "it is empty"
    return f"{name} has no usable dialog ({hint}); name the field that holds the text with --field."


def _open(source: str) -> Iterator[tuple[str, Iterable[_Record]]]:
    if source == SAMPLE:
        yield SAMPLE, _read_json_lines(SAMPLE_CORPUS)
        return
    paths = _paths(source)
    if paths is None:
        yield source, _read_hub(source)
        return
    for path in paths:
        yield str(path), READERS[path.suffix.lower()](path)


def _paths(source: str) -> list[Path] | None:
    """Return the files that a source names; None where it is a hub id."""
    path = Path(source).expanduser()
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in READERS and p.is_file())
        if not found:
            raise SeqchatError(f"The folder {source} holds no {_kinds()} file.")
        return found
    if path.is_file():
        if path.suffix.lower() not in READERS:
            raise SeqchatError(f"{source} is of a kind that is not read; use one of {_kinds()}.")
        return [path]
    if glob.has_magic(source):
        matches = sorted(Path(p) for p in glob.glob(str(path), recursive=True))  # noqa: PTH207 (absolute patterns)
        found = [p for p in matches if p.suffix.lower() in READERS and p.is_file()]
        if not found:
            raise SeqchatError(f"No {_kinds()} file matches {source}.")
        return found
    if path.suffix.lower() in READERS or not _HUB_ID.fullmatch(source):
        raise SeqchatError(f"There is no file or folder {source}.")
    return None


def _kinds() -> str:
    return ", ".join(READERS)


# --- readers: a file → records -----------------------------------------------------------------------------------


def _read_json_lines(path: Path) -> Iterator[_Record]:
    """Read JSON lines, a block at a time; pandas reads a block that is sound, else each line is judged alone."""
    with path.open("rb") as file:
        numbered = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        while block := list(islice(numbered, _BLOCK)):
            values = _parse_block([line for _, line in block])
            for (number, line), value in zip(block, values or repeat(None), strict=False):
                place = f"{path}:{number}"
                yield _Record(place, value) if values else _parse_line(place, line)


def _parse_block(lines: list[bytes]) -> list[Any] | None:
    """Return the values of JSON lines, or None where one of them is malformed."""
    import pandas as pd

    if not all(line.lstrip().startswith(b"{") for line in lines):
        return None
    try:
        frame = pd.read_json(BytesIO(b"\n".join(lines)), lines=True, dtype=False, encoding="utf-8")
        values = frame.to_dict("records")
    except (ValueError, AttributeError, TypeError, OverflowError):
        return None
    return values if len(values) == len(lines) else None


def _parse_line(place: str, line: bytes) -> _Record:
    try:
        return _Record(place, json.loads(line.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        return _Record(place, None, f"no JSON ({_short(error)})")


def _read_json(path: Path) -> Iterator[_Record]:
    """Read one JSON document: a list of records, one record, or columns as pandas writes them."""
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SeqchatError(f"{path} is no JSON ({_short(error)}).") from error
    if isinstance(document, dict) and document and all(isinstance(v, dict) for v in document.values()):
        if any(_guess_field(value) for value in document.values()):
            document = list(document.values())
        else:
            import pandas as pd

            document = pd.DataFrame(document).to_dict("records")
    for number, value in enumerate(document if isinstance(document, list) else [document], 1):
        yield _Record(f"{path}: record {number}", value)


def _read_table(path: Path) -> Iterator[_Record]:
    """Read a table with a header; each row is a record."""
    # A tab never stands in a field, so tab-separated values need no quotes, and a lone one is text.
    style: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if path.suffix.lower() == ".tsv" else {}
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file, restkey=_TOO_MANY, **style)
        try:
            for row in reader:
                place = f"{path}:{reader.line_num}"
                too_many = "more fields than the header" if _TOO_MANY in row else ""
                yield _Record(place, row, too_many)
        except csv.Error as error:
            yield _Record(f"{path}:{reader.line_num}", None, f"no table from here on ({_short(error)})")


def _read_parquet(path: Path) -> Iterator[_Record]:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise SeqchatError(f"{path} is no parquet file ({_short(error)}).") from error
    for number, row in enumerate(frame.to_dict("records"), 1):
        yield _Record(f"{path}: row {number}", row)


def _read_text(path: Path) -> Iterator[_Record]:
    """Read plain text: one turn a line, a blank line between dialogs."""
    turns: list[str] = []
    start = 1
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            try:
                line = raw.decode("utf-8-sig").strip()
            except UnicodeDecodeError as error:
                yield _Record(f"{path}:{number}", None, f"no UTF-8 ({_short(error)})")
                continue
            if line:
                start = start if turns else number
                turns.append(line)
            elif turns:
                yield _Record(f"{path}:{start}", turns)
                turns = []
    if turns:
        yield _Record(f"{path}:{start}", turns)


READERS: dict[str, Callable[[Path], Iterator[_Record]]] = {
    ".jsonl": _read_json_lines,
    ".json": _read_json,
    ".csv": _read_table,
    ".tsv": _read_table,
    ".parquet": _read_parquet,
    ".txt": _read_text,
}


def _read_hub(name: str) -> Iterator[_Record]:
    try:
        import datasets

        datasets.disable_progress_bars()
        splits = datasets.load_dataset(name)
    except Exception as error:  # the library raises many kinds, from several packages
        raise SeqchatError(
            f"The data set {name} could not be loaded ({_short(error)}); name a file of your own, "
            f"train on '{SAMPLE}', or go online and try again."
        ) from error
    for split, rows in splits.items():
        for number, row in enumerate(rows, 1):
            yield _Record(f"{name}[{split}] {number}", row)


def _short(error: BaseException) -> str:
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return first_line if len(first_line) <= 120 else first_line[:119] + "…"


# --- records → dialogs -------------------------------------------------------------------------------------------


def _dialog(record: _Record, field: str | None, report: Report) -> Dialog | None:
    if record.error:
        report.skip(record.place, record.error)
        return None
    turns, speakers = _turns(record.value, field)
    if turns is None:
        report.skip(record.place, f"no field {field!r}" if field else "no field with turns or text")
        return None
    cleaned = [_without_label(clean(turn), speakers) for turn in turns]
    kept = tuple(turn for turn in cleaned if turn)
    if not kept:
        report.skip(record.place, "no text")
        return None
    return Dialog(kept)


def _turns(value: Any, field: str | None) -> tuple[list[str] | None, frozenset[str]]:
    """Find the turns of a record, and the names that may stand before them."""
    speakers = frozenset(_SPEAKER_FIELDS)
    if isinstance(value, Mapping):
        names = (value.get(name) for name in _SPEAKER_FIELDS)
        speakers |= {clean(name).strip() for name in names if isinstance(name, str) and name.strip()}
        found = field if field in value else None if field else _guess_field(value)
        value = value[found] if found is not None else None
    return _strings(value), speakers


def _guess_field(record: Mapping[str, Any]) -> str | None:
    for name in (*_TURNS_FIELDS, *_TEXT_FIELDS):
        if name in record and _strings(record[name]) is not None:
            return name
    text_fields = [n for n, v in record.items() if isinstance(v, str) and n not in _SPEAKER_FIELDS]
    return text_fields[0] if len(text_fields) == 1 else None


def _strings(value: Any) -> list[str] | None:
    """Read turns out of a string (a turn a line), a list of strings, or a list of messages."""
    if isinstance(value, str):
        return value.splitlines()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        return None
    turns: list[str] = []
    for item in value:
        if isinstance(item, Mapping):
            item = next((item[n] for n in _TEXT_FIELDS if isinstance(item.get(n), str)), None)
        if not isinstance(item, str):
            return None
        turns.append(item)
    return turns


def _without_label(turn: str, speakers: frozenset[str]) -> str:
    match = _LABEL.match(turn)
    if match and match[1] in speakers:
        turn = turn[match.end() :]
    return turn.strip()
