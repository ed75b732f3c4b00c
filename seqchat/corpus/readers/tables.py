"""Tables: CSV, values separated by tabs, Parquet; each row is a record."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from itertools import chain, islice
from typing import IO, Any

from seqchat.corpus.dialogs import dialog_of
from seqchat.corpus.file_report import FileReport
from seqchat.corpus.formats import pairs
from seqchat.corpus.formats.documents import RECORD_FORMATS
from seqchat.corpus.formats.records import best_format
from seqchat.corpus.formats.texts import TABBED
from seqchat.corpus.formats.times import CLOCK, DATE
from seqchat.corpus.readers.chat_texts import read_messages
from seqchat.corpus.readers.decoded import DecodedText
from seqchat.corpus.readers.messages import SNIFFED_RECORDS, with_messages
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record, first_line
from seqchat.errors import SeqchatError, one_line

# Rows of a parquet file that are read at a time
_BLOCK = 1_000
_TOO_MANY = "\x00too many"
_CLOCK = rf"{CLOCK}(?:\s?[AaPp]\.?[Mm]\.?)?"
_TIMES = (
    ("date", re.compile(DATE)),
    ("time", re.compile(_CLOCK)),
    ("datetime", re.compile(rf"{DATE}[T ,]{{1,2}}{_CLOCK}")),
)
_DELIMITERS = ",;\t|"


def read_table(text: DecodedText, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read a table with a header; each row is a record. Two columns of words without one are pairs."""
    if text.content.suffix == ".tsv" and not options.columns and not options.field:
        beginning = text.beginning()
        if _lacks_header(beginning):
            report.format = TABBED.name
            yield from read_messages(text, TABBED, beginning, options)
            return
    with text.content.open() as raw, text.decoded(raw, newline="") as file:
        yield from with_messages(_table_records(text, raw, file), options, report, "table")


def _lacks_header(lines: Sequence[str]) -> bool:
    """Whether lines are pairs of words with a tab, the first of which does not name what is below it."""
    said = [line.split("\t") for line in lines if line.strip()]
    if pairs.fits_tabs(lines) < 1 or not all(any(map(str.isalpha, cell)) for row in said for cell in row):
        return False
    record = dict(zip(said[0], said[1], strict=True))
    if best_format([record], RECORD_FORMATS):
        return False
    try:
        dialog_of(record, None)
    except SeqchatError:
        return True
    return False


def _table_records(text: DecodedText, raw: IO[bytes], file: TextIOWrapper) -> Iterator[Record]:
    csv.field_size_limit(2**31 - 1)
    size = max(text.content.size, 1)
    reader = csv.reader(file, **_style(text))
    try:
        rows = _named_rows(reader)
        for line, row in rows:
            error = "more fields than the header" if _TOO_MANY in row else _wrong(row, text)
            yield Record(f"{text.name}:{line}", row, error, min(raw.tell() / size, 1.0))
    except csv.Error as error:
        yield Record(f"{text.name}:{reader.line_num}", None, f"no table from here on ({first_line(error)})")


def _style(text: DecodedText) -> dict[str, Any]:
    """Return how a table is written, by its ending and its header."""
    # Fields contain no tabs, so tab-separated values need no quotes, and a lone quote is text.
    if text.content.suffix == ".tsv":
        return {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
    header = next((line for _, line, _, _ in text.lines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", header)
    return {"delimiter": max(_DELIMITERS, key=bare.count) if any(d in bare for d in _DELIMITERS) else ","}


def _named_rows(reader: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield rows by the names of their columns; columns that the header does not name, but most rows have, too."""
    numbered: Iterator[tuple[int, list[str]]] = ((reader.line_num, row) for row in reader if row)
    _, header = next(numbered, (0, []))
    if found := _columns_of_messages(header):
        numbered, header = chain([(1, header)], numbered), found
    first = list(islice(numbered, SNIFFED_RECORDS))
    names = [name.removeprefix("\ufeff").strip() or f"column {n}" for n, name in enumerate(header, 1)]
    usual, rows = next(iter(Counter(len(row) for _, row in first).most_common(1)), (0, 0))
    # Commas in a text that is not quoted make rows of many lengths.
    if usual > len(names) and 2 * rows > len(first):
        names += [f"column {n}" for n in range(len(names) + 1, usual + 1)]
    for line, row in chain(first, numbered):
        values: dict[str, Any] = dict(zip(names, row, strict=False))
        values |= dict.fromkeys(names[len(row) :]) if len(row) < len(names) else {}
        if len(row) > len(names):
            values[_TOO_MANY] = row[len(names) :]
        yield line, values


def _columns_of_messages(row: Sequence[str]) -> list[str]:
    """Return names for the columns of a table of messages whose first row is one; none if it is a header."""
    names = [next((name for name, pattern in _TIMES if pattern.fullmatch(cell)), "") for cell in row]
    others = [n for n, name in enumerate(names) if not name]
    if sorted(filter(None, names)) not in (["date", "time"], ["datetime"]) or len(others) < 2:
        return []
    names[others[0]], names[others[-1]] = "sender", "text"
    return [name or f"column {n}" for n, name in enumerate(names, 1)]


def _wrong(row: dict[str, Any], text: DecodedText) -> str:
    """Return what is wrong with the row of a table."""
    return text.wrong("".join(filter(None, [*row, *row.values()])))


def read_parquet(text: DecodedText, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read a table in Parquet; each row is a record."""
    yield from with_messages(_parquet_records(text), options, report, "Parquet")


def _parquet_records(text: DecodedText) -> Iterator[Record]:
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with text.content.open() as raw, ParquetFile(raw) as file:
            rows = max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(_BLOCK):
                for row in batch.to_pylist():
                    number += 1
                    yield Record(f"{text.name}: row {number}", row, share=number / rows)
    except OSError as error:
        if error.errno is not None:
            raise
        raise SeqchatError(f"{one_line(text.name)} is not a parquet file ({first_line(error)}).") from error
    except Exception as error:  # the library raises many kinds for a damaged file
        raise SeqchatError(f"{one_line(text.name)} is not a parquet file ({first_line(error)}).") from error
