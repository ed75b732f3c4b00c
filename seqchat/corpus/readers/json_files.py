"""JSON: documents with chats or records, and lines that are one each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from seqchat.corpus.dialogs import has_turns
from seqchat.corpus.file_report import FileReport
from seqchat.corpus.formats import documents
from seqchat.corpus.formats.base import Break
from seqchat.corpus.formats.documents import CHATGPT, RECORD_FORMATS
from seqchat.corpus.formats.records import RecordFormat, chats_in, items_of, owner_of
from seqchat.corpus.readers.decoded import DecodedText
from seqchat.corpus.readers.json_objects import RepeatedKeys
from seqchat.corpus.readers.messages import SNIFFED_RECORDS, with_messages
from seqchat.corpus.readers.salvage import salvaged
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record, first_line
from seqchat.errors import SeqchatError, one_line

# If fewer than one in this many cells are filled, it is no table.
_SPARSE = 10

_REPEATED = "a value whose key comes again in its object"


def read_json_lines(text: DecodedText, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read JSON lines, each one a record, or a document with chats of its own."""
    records = _json_records(text)
    first = list(islice(records, SNIFFED_RECORDS))
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


def _json_records(text: DecodedText) -> Iterator[Record]:
    for number, line, error, share in text.lines():
        if error:
            yield Record(f"{text.name}:{number}", None, error, share)
        elif line.strip():
            location, repeated = f"{text.name}:{number}", RepeatedKeys()
            yield _parse_line(location, line, share, repeated)
            yield from [Record(location, None, _REPEATED)] * repeated.lost


def _parse_line(location: str, line: str, share: float, repeated: RepeatedKeys | None = None) -> Record:
    try:
        return Record(location, json.loads(line, object_pairs_hook=repeated), share=share)
    except (ValueError, RecursionError) as error:
        return Record(location, None, f"not JSON ({first_line(error)})", share)


def read_json(text: DecodedText, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read one JSON document: chats, a list of records, one record, or columns as pandas writes them.

    Files of JSON lines often have the same ending.
    """
    whole = text.whole()
    wrong, repeated = text.wrong(whole), RepeatedKeys()
    try:
        if wrong:
            raise ValueError(wrong)
        document = json.loads(whole, object_pairs_hook=repeated)
    except (ValueError, RecursionError) as error:
        if _begins_with_a_record(whole):
            yield from read_json_lines(text, options, report)
            return
        repeated = RepeatedKeys()
        document, broken = ([], 0) if wrong else salvaged(whole, repeated)
        problem = wrong or f"not JSON ({first_line(error)})"
        if not document:
            raise SeqchatError(f"{one_line(text.name)} is {problem}.") from error
        yield Record(text.name, None, f"{problem}; what is whole is read")
        yield from [Record(text.name, None, "an object that is not whole")] * (broken - 1)
    yield from [Record(text.name, None, _REPEATED)] * repeated.lost
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


def _records(document: Any) -> list[Any]:
    """Return the records of a JSON document."""
    if isinstance(document, list):
        return [document] if _are_turns(document) else document
    if isinstance(document, dict) and len(document) == 1:
        (inner,) = document.values()
        if (
            isinstance(inner, dict)
            and any(isinstance(value, list) for value in inner.values())
            and not has_turns(inner)
        ):
            return _records(inner)
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
