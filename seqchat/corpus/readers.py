"""A file becomes records, one reader for each kind of file; none holds the whole file where its kind allows it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from seqchat.corpus.dialogs import has_turns
from seqchat.errors import SeqchatError

_BLOCK = 1_000
_TOO_MANY = "\x00too many"
# A text of more lines without a blank one is no single conversation, and need not fit in memory.
_LONG_DIALOG, _PIECE = 10_000, 1_000


@dataclass(frozen=True)
class Record:
    """One raw record, where it stood (``file:line``), and the share of its file that is read with it, 0 to 1."""

    place: str
    value: Any
    error: str = ""
    share: float = 1.0


def short(error: BaseException) -> str:
    """Return the first line of an error's message, cut where it is long."""
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return first_line if len(first_line) <= 120 else first_line[:119] + "…"


def _read_json_lines(path: Path) -> Iterator[Record]:
    """Read JSON lines, a block at a time; pandas reads a block that is sound, else each line is judged alone."""
    size = max(path.stat().st_size, 1)
    with path.open("rb") as file:
        numbered = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        while block := list(islice(numbered, _BLOCK)):
            values = _parse_block([line for _, line in block])
            share = file.tell() / size
            for (number, line), value in zip(block, values or repeat(None), strict=False):
                place = f"{path}:{number}"
                yield Record(place, value, share=share) if values else _parse_line(place, line, share)


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


def _parse_line(place: str, line: bytes, share: float) -> Record:
    try:
        return Record(place, json.loads(line.decode("utf-8-sig")), share=share)
    except (ValueError, RecursionError) as error:
        return Record(place, None, f"no JSON ({short(error)})", share)


def _read_json(path: Path) -> Iterator[Record]:
    """Read one JSON document: a list of records, one record, or columns as pandas writes them."""
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SeqchatError(f"{path} is no JSON ({short(error)}).") from error
    if isinstance(document, dict) and document and all(isinstance(v, dict) for v in document.values()):
        if any(has_turns(value) for value in document.values()):
            document = list(document.values())
        else:
            import pandas as pd

            document = pd.DataFrame(document).to_dict("records")
    for number, value in enumerate(document if isinstance(document, list) else [document], 1):
        yield Record(f"{path}: record {number}", value)


def _read_table(path: Path) -> Iterator[Record]:
    """Read a table with a header; each row is a record."""
    # A tab never stands in a field, so tab-separated values need no quotes, and a lone one is text.
    style: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if path.suffix.lower() == ".tsv" else {}
    csv.field_size_limit(2**31 - 1)
    size = max(path.stat().st_size, 1)
    with path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file, restkey=_TOO_MANY, **style)
        try:
            for row in reader:
                place = f"{path}:{reader.line_num}"
                too_many = "more fields than the header" if _TOO_MANY in row else ""
                yield Record(place, row, too_many, raw.tell() / size)
        except csv.Error as error:
            yield Record(f"{path}:{reader.line_num}", None, f"no table from here on ({short(error)})")


def _read_parquet(path: Path) -> Iterator[Record]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(path) as file:
            rows = max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(_BLOCK):
                for row in batch.to_pylist():
                    number += 1
                    yield Record(f"{path}: row {number}", row, share=number / rows)
    except (ArrowException, OSError) as error:
        raise SeqchatError(f"{path} is no parquet file ({short(error)}).") from error


def _read_text(path: Path) -> Iterator[Record]:
    """Read plain text: one turn a line, a blank line between dialogs; a very long dialog is cut into pieces."""
    turns: list[str] = []
    start, most = 1, _LONG_DIALOG
    size = max(path.stat().st_size, 1)
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            share = lines.tell() / size
            try:
                line = raw.decode("utf-8-sig").strip()
            except UnicodeDecodeError as error:
                yield Record(f"{path}:{number}", None, f"no UTF-8 ({short(error)})", share)
                continue
            if line:
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


READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".jsonl": _read_json_lines,
    ".json": _read_json,
    ".csv": _read_table,
    ".tsv": _read_table,
    ".parquet": _read_parquet,
    ".txt": _read_text,
}
