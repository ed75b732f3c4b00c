"""Records that are messages of a format, and records that are what a data set has for a dialog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice, pairwise

from seqchat.corpus.file_report import FileReport
from seqchat.corpus.formats.base import OTHER_RECORD, LeftOut
from seqchat.corpus.formats.documents import RECORD_FORMATS
from seqchat.corpus.formats.plain import TURNS
from seqchat.corpus.formats.records import RecordFormat, best_format, order_of
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record

# How many records are looked at to recognise a format
SNIFFED_RECORDS = 200


def with_messages(
    records: Iterator[Record], options: ReadingOptions, report: FileReport, kind: str
) -> Iterator[Record]:
    """Yield records, and those that are messages of a format as such."""
    first = list(islice(records, SNIFFED_RECORDS))
    values = [record.value for record in first if not record.error]
    form = None if options.columns else best_format(values, (*RECORD_FORMATS, *TURNS))
    if form is None or (options.field and not any(isinstance(v, dict) and options.field in v for v in values)):
        report.format = kind
        yield from chain(first, records)
        return
    report.format = form.name
    order = order_of(form, values)
    beginning = [_as_message(record, form, order, options) for record in first]
    found = chain(beginning, (_as_message(record, form, order, options) for record in records))
    yield from reversed(list(found)) if _newest_first(beginning) else found


def _as_message(record: Record, form: RecordFormat, order: str, options: ReadingOptions) -> Record:
    if record.error:
        return record
    fits = form.fits(record.value)
    item = form.item(record.value, order, options.field, options.keep_notes) if fits else LeftOut(OTHER_RECORD)
    return Record(record.location, item, share=record.share)


def _newest_first(records: Sequence[Record]) -> bool:
    times = [time for record in records if (time := getattr(record.value, "time", None)) is not None]
    backwards = sum(later < earlier for earlier, later in pairwise(times))
    return backwards * 2 > len(times) - 1 and len(times) > 1
