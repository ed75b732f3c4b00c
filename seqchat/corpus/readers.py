"""A file becomes records, one reader for each kind of file; none holds the whole file where its kind allows it."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain, count, islice, pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from seqchat.corpus.contents import Content, what_it_is
from seqchat.corpus.dialogs import dialog_of, has_turns
from seqchat.corpus.encodings import UTF8, Encoding, encoding_of
from seqchat.corpus.file_report import FileReport
from seqchat.corpus.formats import documents, mail, pairs, slack, sms
from seqchat.corpus.formats.base import OTHER_RECORD, Break, LeftOut
from seqchat.corpus.formats.documents import CHATGPT, RECORD_FORMATS
from seqchat.corpus.formats.records import RecordFormat, best_format, chats_in, items_of, order_of, owner_of
from seqchat.corpus.formats.texts import MARKDOWN, MARKDOWN_CHAT, TABBED, TextFormat, text_format
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record, first_line
from seqchat.errors import SeqchatError, one_line

# Rows of a parquet file that are read at a time
_BLOCK = 1_000
# No conversation has a longer line; a file without line breaks is not held in memory.
_MAX_LINE_LENGTH = 100_000_000
_TOO_LONG = f"a line of more than {_MAX_LINE_LENGTH:,} characters"
_MAX_DOCUMENT = 2_000_000_000
NO_UTF8 = "not in UTF-8; say with --encoding what it is in, such as gb18030"
# If fewer than one in this many cells are filled, it is no table.
_SPARSE = 10
_TOO_MANY = "\x00too many"
# A text with more lines and no blank one is not a single conversation, and need not fit in memory.
_LONG_DIALOG, _PIECE = 10_000, 1_000
# How many bytes, lines and records are looked at to recognise encoding and format.
_SAMPLE, _SNIFFED, _SNIFFED_RECORDS = 300_000, 2_000, 200
_DELIMITERS = ",;\t|"
_STAMPED = re.compile(
    r"\W{0,3}(?:\d{1,4}[-./年]\s?\d{1,2}[-./月]\s?\d{1,4}|\d{1,2}[:.]\d{2})\b.*|[^\W\d][^:：]{0,30}[:：] \S.*"
)
_SHOWN = 3
# Of a damaged document: lists of objects, the next object of a list and its end, and how much is tried
_LIST, _NEXT, _END = re.compile(r"\[\s*(?=\{)"), re.compile(r"\s*,\s*(?=\{)"), re.compile(r"\s*\]")
_SALVAGED_LISTS, _MAX_GAPS = 100, 1_000


def read(content: Content, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Yield the records of a file.

    Raises:
        SeqchatError: it cannot be read at all.
    """
    beginning = content.begins(_SAMPLE)
    if content.suffix not in _BINARY:
        if kind := what_it_is(content, beginning):
            raise SeqchatError(f"{one_line(content.name)} is {kind}.")
        found = _encoding(content, beginning, options)
        report.encoding = f"{found.title}, a guess" if found.guessed else "" if found.name == UTF8 else found.title
        text = _Text(content, found.name)
    else:
        text = _Text(content, UTF8)
    yield from READERS.get(content.suffix, _read_text)(text, options, report)


def _encoding(content: Content, beginning: bytes, options: ReadingOptions) -> Encoding:
    if options.encoding:
        name = options.encoding.lower()
        return Encoding(UTF8 if name in ("utf-8", "utf8") else options.encoding)
    found = encoding_of(beginning)
    if found is None:
        raise SeqchatError(f"{one_line(content.name)} is no text that can be read; if it is one, say its --encoding.")
    return found


@dataclass(frozen=True)
class _Text:
    """A file, and the encoding of its text."""

    content: Content
    encoding: str

    @property
    def name(self) -> str:
        return self.content.name

    def lines(self) -> Iterator[tuple[int, str, str, float]]:
        """Yield its lines: number, the line without its end, what is wrong with it, and the share of the file that is
        read with it."""
        size = max(self.content.size, 1)
        with self.content.open() as raw, self.decoded(raw) as file:
            for number, line in _lines(file):
                error = _TOO_LONG if line is None else self.wrong(line)
                text = "" if error or line is None else line.rstrip("\n")
                yield number, text.removeprefix("\ufeff") if number == 1 else text, error, min(raw.tell() / size, 1.0)

    def wrong(self, text: str) -> str:
        """Return what is wrong with a text that was decoded."""
        if text.isascii():
            return ""
        if self.encoding != UTF8:
            return f"not in {Encoding(self.encoding).title}" if "\ufffd" in text else ""
        try:
            text.encode()
        except UnicodeEncodeError:
            return NO_UTF8
        return ""

    def decoded(self, raw: IO[bytes], newline: str | None = None) -> TextIOWrapper:
        """Return an open file as text."""
        # Bytes that are not UTF-8 become surrogates, which UTF-8 never contains.
        errors = "surrogateescape" if self.encoding == UTF8 else "replace"
        return TextIOWrapper(raw, self.encoding, errors=errors, newline=newline)

    def whole(self) -> str:
        """Return all of it.

        Raises:
            SeqchatError: it is too large.
        """
        if self.content.size > _MAX_DOCUMENT:
            raise SeqchatError(
                f"{one_line(self.name)} is one document of {self.content.size:,} bytes, too large to be read; split it."
            )
        with self.content.open() as raw, self.decoded(raw) as file:
            return file.read()


def _lines(file: TextIOWrapper) -> Iterator[tuple[int, str | None]]:
    """Yield the lines of a file with their numbers; None for one that is too long to be held in memory."""
    for number in count(1):
        line = file.readline(_MAX_LINE_LENGTH)
        if not line:
            return
        whole = len(line) < _MAX_LINE_LENGTH or line.endswith("\n")
        yield number, line if whole else None
        while not whole:
            line = file.readline(_MAX_LINE_LENGTH)
            whole = len(line) < _MAX_LINE_LENGTH or line.endswith("\n")


# --- JSON -----------------------------------------------------------------------------------------------------------


def _read_json_lines(text: _Text, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read JSON lines, each one a record, or a document with chats of its own."""
    records = _json_records(text)
    first = list(islice(records, _SNIFFED_RECORDS))
    values = [record.value for record in first if not record.error]
    documents_in = sum(bool(_chats(value, options.field) or documents.trees_in(value)) for value in values)
    whole = chain(first, records)
    if options.columns or 2 * documents_in <= len(values):
        yield from with_messages(whole, options, report, "JSON lines")
        return
    for record in whole:
        if record.error:
            yield record
        else:
            yield from _of_document(record.location, record.value, options, report)


def _json_records(text: _Text) -> Iterator[Record]:
    for number, line, error, share in text.lines():
        if error:
            yield Record(f"{text.name}:{number}", None, error, share)
        elif line.strip():
            yield _parse_line(f"{text.name}:{number}", line, share)


def _parse_line(location: str, line: str, share: float) -> Record:
    try:
        return Record(location, json.loads(line), share=share)
    except (ValueError, RecursionError) as error:
        return Record(location, None, f"not JSON ({first_line(error)})", share)


def _read_json(text: _Text, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read one JSON document: chats, a list of records, one record, or columns as pandas writes them.

    Files of JSON lines often have the same ending.
    """
    whole = text.whole()
    wrong = text.wrong(whole)
    try:
        if wrong:
            raise ValueError(wrong)
        document = json.loads(whole)
    except (ValueError, RecursionError) as error:
        if _begins_with_a_record(whole):
            yield from _read_json_lines(text, options, report)
            return
        document, broken = ([], 0) if wrong else _salvaged(whole)
        problem = wrong or f"not JSON ({first_line(error)})"
        if not document:
            raise SeqchatError(f"{one_line(text.name)} is {problem}.") from error
        yield Record(text.name, None, f"{problem}; what is whole is read")
        yield from [Record(text.name, None, "an object that is not whole")] * (broken - 1)
    yield from _of_document(text.name, document, options, report)


def _of_document(name: str, document: Any, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    if trees := documents.trees_in(document):
        report.format = CHATGPT
        for number, tree in enumerate(trees, 1):
            items = [*documents.items_of_tree(tree), Break()]
            yield from (Record(f"{name}: conversation {number}", item, share=number / len(trees)) for item in items)
        return
    chats = [] if options.columns else _chats(document, options.field)
    owner = owner_of(document)
    for number, (form, records) in enumerate(chats, 1):
        report.format = form.name
        items = [*items_of(form, records, options.field, options.keep_notes, owner), Break()]
        yield from (Record(f"{name}: chat {number}", item, share=number / len(chats)) for item in items)
    if not chats:
        report.format = report.format or "JSON"
        listed = _records(document)
        yield from (Record(f"{name}: record {n}", value, share=n / len(listed)) for n, value in enumerate(listed, 1))


def _chats(document: Any, field: str | None) -> list[tuple[RecordFormat, list[Any]]]:
    chats = list(chats_in(document, RECORD_FORMATS))
    named = [records for _, records in chats if field and not any(field in r for r in records if isinstance(r, dict))]
    return [] if named else chats


def _salvaged(text: str) -> tuple[list[Any], int]:
    """Return the whole objects of all lists of chats or dialogs in a document that is damaged, and how many are not
    whole."""
    parts, broken, position = list[list[Any]](), 0, 0
    for _ in range(_SALVAGED_LISTS):
        start = _LIST.search(text, position)
        if start is None:
            break
        found, gaps, end = _whole_objects(text, start.end())
        if found and _hold_turns(found):
            parts.append(found)
            broken += gaps
            position = end
        else:
            position = start.end()
    return [value for part in parts for value in part] if not any(map(_chats_of, parts)) else parts, broken


def _whole_objects(text: str, position: int) -> tuple[list[Any], int, int]:
    """Return the objects of a list whose first one begins here, at how many places one is not whole, and where it ends.

    What comes after a message that is not whole is looked for; after anything else it could be a part of that.
    """
    decoder, found, gaps = json.JSONDecoder(), list[Any](), 0
    while True:
        try:
            value, position = decoder.raw_decode(text, position)
            found.append(value)
            following = _NEXT.match(text, position)
            if following is None and _END.match(text, position):
                return found, gaps, position
        except (ValueError, RecursionError):
            following = None
        if following is None:
            gaps += 1
            messages = not found or best_format(found, RECORD_FORMATS) is not None
            following = _NEXT.search(text, position + 1) if messages and gaps < _MAX_GAPS else None
        if following is None:
            return found, gaps, position
        position = following.end()


def _chats_of(values: Sequence[Any]) -> bool:
    return any(True for _ in chats_in(values, RECORD_FORMATS))


def _hold_turns(values: Sequence[Any]) -> bool:
    return _chats_of(values) or any(isinstance(value, dict) and has_turns(value, only_known=True) for value in values)


def _records(document: Any) -> list[Any]:
    """Return the records of a JSON document."""
    if isinstance(document, list):
        return [document] if _are_turns(document) else document
    if isinstance(document, dict) and document and all(isinstance(v, dict) for v in document.values()):
        turns = any(has_turns(value) for value in document.values())
        return list(document.values()) if turns else _rows(document)
    if isinstance(document, dict) and document and not has_turns(document):
        lists = [value for value in document.values() if isinstance(value, list) and value]
        if lists and all(isinstance(item, list | dict) for value in lists for item in value):
            return [item for value in lists for item in value]
    return [document]


def _are_turns(values: Sequence[Any]) -> bool:
    """Whether a list is one dialog: messages that say who speaks."""
    return bool(values) and all(isinstance(v, dict) and ("role" in v or "from" in v) for v in values)


def _begins_with_a_record(text: str) -> bool:
    line = text.lstrip().partition("\n")[0]
    return line[:1] == "{" and not _parse_line("", line, 0.0).error


def _rows(columns: dict[str, dict[str, Any]]) -> list[Any]:
    """Return the records of a table that is written column by column, each with its rows by their names."""
    import pandas as pd

    names = {name for column in columns.values() for name in column}
    # A table has most of its cells; with objects of other kinds it would have far more cells than the file has values.
    if len(names) * len(columns) > _SPARSE * sum(map(len, columns.values())):
        return list(columns.values())
    records: list[Any] = pd.DataFrame(columns, dtype=object).to_dict("records")
    return records


# --- tables ---------------------------------------------------------------------------------------------------------


def with_messages(
    records: Iterator[Record], options: ReadingOptions, report: FileReport, kind: str
) -> Iterator[Record]:
    """Yield records, and those that are messages of a format as such."""
    first = list(islice(records, _SNIFFED_RECORDS))
    values = [record.value for record in first if not record.error]
    form = None if options.columns else best_format(values, RECORD_FORMATS)
    if form is None or (options.field and not any(isinstance(v, dict) and options.field in v for v in values)):
        report.format = kind
        yield from chain(first, records)
        return
    report.format = form.name
    order = order_of(form, values)
    whole = chain(first, records)
    found = (_as_message(record, form, order, options) for record in whole)
    yield from _in_order(list(found)) if form.table else found


def _as_message(record: Record, form: RecordFormat, order: str, options: ReadingOptions) -> Record:
    if record.error:
        return record
    fits = form.fits(record.value)
    item = form.item(record.value, order, options.field, options.keep_notes) if fits else LeftOut(OTHER_RECORD)
    return Record(record.location, item, share=record.share)


def _in_order(records: list[Record]) -> list[Record]:
    """Return the records of a table from the oldest to the newest."""
    times = [time for record in records if (time := getattr(record.value, "time", None)) is not None]
    backwards = sum(later < earlier for earlier, later in pairwise(times))
    return records[::-1] if backwards * 2 > len(times) - 1 else records


def _read_table(text: _Text, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read a table with a header; each row is a record. Two columns of words without one are pairs."""
    if text.content.suffix == ".tsv" and not options.columns and not options.field:
        beginning = [line for _, line, _, _ in islice(text.lines(), _SNIFFED)]
        if _lacks_header(beginning):
            report.format = TABBED.name
            yield from _read_messages(text, TABBED, beginning, options)
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


def _table_records(text: _Text, raw: IO[bytes], file: TextIOWrapper) -> Iterator[Record]:
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


def _style(text: _Text) -> dict[str, Any]:
    """Return how a table is written, by its ending and its header."""
    # Fields contain no tabs, so tab-separated values need no quotes, and a lone quote is text.
    if text.content.suffix == ".tsv":
        return {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
    header = next((line for _, line, _, _ in text.lines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", header)
    return {"delimiter": max(_DELIMITERS, key=bare.count) if any(d in bare for d in _DELIMITERS) else ","}


def _named_rows(reader: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield rows by the names of their columns; columns that the header does not name, but most rows have, too."""
    numbered = ((reader.line_num, row) for row in reader if row)
    _, header = next(numbered, (0, []))
    first = list(islice(numbered, _SNIFFED_RECORDS))
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


def _wrong(row: dict[str, Any], text: _Text) -> str:
    """Return what is wrong with the row of a table."""
    return text.wrong("".join(filter(None, [*row, *row.values()])))


def _read_parquet(text: _Text, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    yield from with_messages(_parquet_records(text), options, report, "Parquet")


def _parquet_records(text: _Text) -> Iterator[Record]:
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


# --- texts ----------------------------------------------------------------------------------------------------------


def _read_text(text: _Text, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read what a messenger exported, or else one turn a line and a blank line between dialogs."""
    beginning = [line for _, line, _, _ in islice(text.lines(), _SNIFFED)]
    form = text_format(beginning)
    if form is not None:
        report.format = form.name
        yield from _read_messages(text, form, beginning, options)
        return
    report.format = "text"
    said = [line for line in beginning if line.strip()]
    stamped = [line.strip() for line in said if _STAMPED.fullmatch(line.strip())]
    if len(stamped) >= _SHOWN and 2 * len(stamped) > len(said):
        report.stamped = stamped[:_SHOWN]
    yield from _read_turns(text)


def _read_markdown(text: _Text, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    beginning = [line for _, line, _, _ in islice(text.lines(), _SNIFFED)]
    form = text_format(beginning)
    if form is None or "prose" in form.name or "names" in form.name:
        form = MARKDOWN_CHAT if MARKDOWN_CHAT.fits(beginning) else MARKDOWN
    report.format = form.name
    yield from _read_messages(text, form, beginning, options)


def _read_turns(text: _Text) -> Iterator[Record]:
    """Read a turn a line; a very long dialog is cut into pieces."""
    turns: list[str] = []
    start, most, share = 1, _LONG_DIALOG, 1.0
    for number, raw, error, share in text.lines():
        line = raw.strip()
        if error:
            yield Record(f"{text.name}:{number}", None, error, share)
        elif line:
            start = start if turns else number
            turns.append(line)
        elif turns:
            yield Record(f"{text.name}:{start}", turns, share=share)
            turns, most = [], _LONG_DIALOG
        if len(turns) == most:
            for i in range(0, most, _PIECE):
                yield Record(f"{text.name}:{start + i}", turns[i : i + _PIECE], share=share)
            turns, most = [], _PIECE
    if turns:
        yield Record(f"{text.name}:{start}", turns)


def _read_messages(
    text: _Text, form: TextFormat, beginning: Sequence[str], options: ReadingOptions
) -> Iterator[Record]:
    """Read the messages of a chat, each a record with the line in which it begins."""
    errors: list[Record] = []
    place = [1, 0.0]

    def lines() -> Iterable[str]:
        for number, line, error, share in text.lines():
            place[:] = number, share
            if error:
                errors.append(Record(f"{text.name}:{number}", None, error, share))
            else:
                yield line

    start = 1
    for items in form.read(beginning, lines(), options.keep_notes):
        yield from errors
        errors.clear()
        number, share = int(place[0]), place[1]
        yield from (Record(f"{text.name}:{start}", item, share=share) for item in items)
        start = number if items or start == 1 else start
    yield from errors


def read_slack(
    days: Sequence[Content], names: Content | None, options: ReadingOptions, report: FileReport
) -> Iterator[Record]:
    """Read the days of a channel of Slack, with the names of its users."""
    report.format = slack.NAME
    listed = json.loads(names.begins(_MAX_DOCUMENT)) if names is not None else []
    known = slack.names_of(listed)
    for number, day in enumerate(days, 1):
        try:
            records = json.loads(day.begins(_MAX_DOCUMENT))
        except (ValueError, RecursionError) as error:
            yield Record(day.name, None, f"not JSON ({first_line(error)})")
            continue
        items = slack.items_of_day(records, known, options.keep_notes) if isinstance(records, list) else []
        yield from (Record(day.name, item, share=number / len(days)) for item in items)


def _read_mail(text: _Text, _options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    report.format = mail.NAME
    with NamedTemporaryFile() as copy:
        if text.content.file is None:
            with text.content.open() as file:
                shutil.copyfileobj(file, copy)
            copy.flush()
        path = text.content.file or Path(copy.name)
        yield from (Record(text.name, item) for item in mail.items_of(path))


def _read_sms(text: _Text, _options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    report.format = sms.NAME
    try:
        with text.content.open() as file:
            yield from (Record(text.name, item) for item in sms.items_of(file))
    except ParseError as error:
        yield Record(text.name, None, f"not XML from here on ({first_line(error)})")
    except ValueError as error:
        raise SeqchatError(
            f"{one_line(text.name)} is {one_line(str(error))}; of XML only what {sms.NAME} writes is read."
        ) from error


_Reader = Callable[[_Text, ReadingOptions, FileReport], Iterator[Record]]

READERS: dict[str, _Reader] = {
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".json": _read_json,
    ".csv": _read_table,
    ".tsv": _read_table,
    ".parquet": _read_parquet,
    ".txt": _read_text,
    ".log": _read_text,
    ".weechatlog": _read_text,
    ".conv": _read_text,
    ".srt": _read_text,
    ".vtt": _read_text,
    ".mbox": _read_mail,
    ".xml": _read_sms,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
}
_BINARY = frozenset({".parquet", ".mbox", ".xml"})
