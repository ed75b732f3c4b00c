"""A file becomes records, one reader for each kind of file; none holds the whole file where its kind allows it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import count, islice
from pathlib import Path
from typing import Any, BinaryIO

from seqchat.corpus.dialogs import has_turns
from seqchat.corpus.messengers import MessageReader, TextExport, text_export
from seqchat.errors import SeqchatError, one_line

# Rows of a parquet file that are read at a time
_BLOCK = 1_000
# No conversation has a longer line; a file without line breaks is not held in memory.
_MAX_LINE_LENGTH = 100_000_000
_TOO_LONG = f"a line of more than {_MAX_LINE_LENGTH:,} bytes"
NO_UTF8 = "not in UTF-8; convert it, an older Chinese file with 'iconv -f GB18030 -t UTF-8'"
# If fewer than one in this many cells are filled, it is no table.
_SPARSE = 10
_TOO_MANY = "\x00too many"
# A text with more lines and no blank one is not a single conversation, and need not fit in memory.
_LONG_DIALOG, _PIECE = 10_000, 1_000
# How many lines are looked at to recognise the format of a text.
_SNIFFED = 200


@dataclass(frozen=True)
class Record:
    """One raw record, its position (``file:line``), and the share of its file that is read with it, 0 to 1."""

    location: str
    value: Any
    error: str = ""
    share: float = 1.0


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, cut if it is long."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return one_line(lines[0], 120)


def _read_json_lines(path: Path) -> Iterator[Record]:
    """Read JSON lines, each one a record."""
    size = max(path.stat().st_size, 1)
    with path.open("rb") as file:
        for number, line in _lines(file):
            share = file.tell() / size
            if line is None:
                yield Record(f"{path}:{number}", None, _TOO_LONG, share)
            elif line.strip():
                yield _parse_line(f"{path}:{number}", line, share)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines of a file with their numbers; None for one that is too long to be held in memory."""
    for number in count(1):
        line = file.readline(_MAX_LINE_LENGTH)
        if not line:
            return
        whole = len(line) < _MAX_LINE_LENGTH or line.endswith(b"\n")
        yield number, line if whole else None
        while not whole:
            line = file.readline(_MAX_LINE_LENGTH)
            whole = len(line) < _MAX_LINE_LENGTH or line.endswith(b"\n")


def _parse_line(location: str, line: bytes, share: float) -> Record:
    try:
        return Record(location, json.loads(line.decode("utf-8-sig")), share=share)
    except UnicodeDecodeError:
        return Record(location, None, NO_UTF8, share)
    except (ValueError, RecursionError) as error:
        return Record(location, None, f"not JSON ({first_line(error)})", share)


def _read_json(path: Path) -> Iterator[Record]:
    """Read one JSON document: a list of records, one record, or columns as pandas writes them.

    Files of JSON lines often have the same ending.
    """
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if _begins_with_a_record(path):
            yield from _read_json_lines(path)
            return
        wrong = NO_UTF8 if isinstance(error, UnicodeDecodeError) else f"not JSON ({first_line(error)})"
        raise SeqchatError(f"{one_line(path)} is {wrong}.") from error
    for number, value in enumerate(_records(document), 1):
        yield Record(f"{path}: record {number}", value)


def _records(document: Any) -> list[Any]:
    """Return the records of a JSON document."""
    if isinstance(document, list):
        return document
    if isinstance(document, dict) and document and all(isinstance(v, dict) for v in document.values()):
        turns = any(has_turns(value) for value in document.values())
        return list(document.values()) if turns else _rows(document)
    return [document]


def _begins_with_a_record(path: Path) -> bool:
    with path.open("rb") as file:
        _, line = next(_lines(file), (1, None))
    return line is not None and not _parse_line("", line, 0.0).error and line.lstrip()[:1] == b"{"


def _rows(columns: dict[str, dict[str, Any]]) -> list[Any]:
    """Return the records of a table that is written column by column, each with its rows by their names."""
    import pandas as pd

    names = {name for column in columns.values() for name in column}
    # A table has most of its cells; with objects of other kinds it would have far more cells than the file has values.
    if len(names) * len(columns) > _SPARSE * sum(map(len, columns.values())):
        return list(columns.values())
    records: list[Any] = pd.DataFrame(columns, dtype=object).to_dict("records")
    return records


def _read_table(path: Path) -> Iterator[Record]:
    """Read a table with a header; each row is a record."""
    # Fields contain no tabs, so tab-separated values need no quotes, and a lone quote is text.
    style: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if path.suffix.lower() == ".tsv" else {}
    csv.field_size_limit(2**31 - 1)
    size = max(path.stat().st_size, 1)
    # Bytes that are not UTF-8 become surrogates, which UTF-8 never contains.
    with path.open("rb") as raw, TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.DictReader(file, restkey=_TOO_MANY, **style)
        try:
            for row in reader:
                location = f"{path}:{reader.line_num}"
                yield Record(location, row, _wrong(row), raw.tell() / size)
        except csv.Error as error:
            yield Record(f"{path}:{reader.line_num}", None, f"no table from here on ({first_line(error)})")


def _wrong(row: dict[str, Any]) -> str:
    """Return what is wrong with the row of a table."""
    if _TOO_MANY in row:
        return "more fields than the header"
    try:
        "".join(filter(None, [*row, *row.values()])).encode()
    except UnicodeEncodeError:
        return NO_UTF8
    return ""


def _read_parquet(path: Path) -> Iterator[Record]:
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(path) as file:
            rows = max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(_BLOCK):
                for row in batch.to_pylist():
                    number += 1
                    yield Record(f"{path}: row {number}", row, share=number / rows)
    except Exception as error:  # the library raises many kinds for a damaged file
        raise SeqchatError(f"{one_line(path)} is not a parquet file ({first_line(error)}).") from error


def _read_text(path: Path) -> Iterator[Record]:
    """Read plain text: what a messenger exported, or else one turn a line and a blank line between dialogs."""
    beginning = [line for _, line, _, _ in islice(_text_lines(path), _SNIFFED)]
    export = text_export(beginning)
    return _read_turns(path) if export is None else _read_messages(path, export)


def _read_turns(path: Path) -> Iterator[Record]:
    """Read a turn a line; a very long dialog is cut into pieces."""
    turns: list[str] = []
    start, most, share = 1, _LONG_DIALOG, 1.0
    for number, line, error, share in _text_lines(path):
        if error:
            yield Record(f"{path}:{number}", None, error, share)
        elif line:
            start = start if turns else number
            turns.append(line)
        elif turns:
            yield Record(f"{path}:{start}", turns, share=share)
            turns, most = [], _LONG_DIALOG
        if len(turns) == most:
            for i in range(0, most, _PIECE):
                yield Record(f"{path}:{start + i}", turns[i : i + _PIECE], share=share)
            turns, most = [], _PIECE
    if turns:
        yield Record(f"{path}:{start}", turns)


def _read_messages(path: Path, export: TextExport) -> Iterator[Record]:
    """Read the messages of an export, each a record."""
    reader = MessageReader(export)
    start = 1
    for number, line, error, share in _text_lines(path):
        if error:
            yield Record(f"{path}:{number}", None, error, share)
        elif message := reader.feed(line):
            yield Record(f"{path}:{start}", message, share=share)
            start = number
    if message := reader.finish():
        yield Record(f"{path}:{start}", message)


def _text_lines(path: Path) -> Iterator[tuple[int, str, str, float]]:
    """Yield the lines of a text: number, the line without white space around it, what is wrong with it, and the share
    of the file that is read with it."""
    size = max(path.stat().st_size, 1)
    with path.open("rb") as file:
        for number, raw in _lines(file):
            line, error = "", _TOO_LONG if raw is None else ""
            try:
                line = (raw or b"").decode("utf-8-sig").strip()
            except UnicodeDecodeError:
                error = NO_UTF8
            yield number, line, error, file.tell() / size


READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".jsonl": _read_json_lines,
    ".json": _read_json,
    ".csv": _read_table,
    ".tsv": _read_table,
    ".parquet": _read_parquet,
    ".txt": _read_text,
}
