"""Exports in containers of their own: Slack's folders, mail boxes, backups of SMS."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from xml.etree.ElementTree import ParseError

from seqchat.corpus.contents import Content
from seqchat.corpus.file_report import FileReport
from seqchat.corpus.formats import mail, slack, sms
from seqchat.corpus.readers.decoded import MAX_DOCUMENT, DecodedText
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record, first_line
from seqchat.errors import SeqchatError, one_line


def read_slack(
    days: Sequence[Content], names: Content | None, options: ReadingOptions, report: FileReport
) -> Iterator[Record]:
    """Read the days of a channel of Slack, with the names of its users."""
    report.format = slack.NAME
    listed = json.loads(names.begins(MAX_DOCUMENT)) if names is not None else []
    known = slack.names_of(listed)
    for number, day in enumerate(days, 1):
        try:
            records = json.loads(day.begins(MAX_DOCUMENT))
        except (ValueError, RecursionError) as error:
            yield Record(day.name, None, f"not JSON ({first_line(error)})")
            continue
        items = slack.items_of_day(records, known, options.keep_notes) if isinstance(records, list) else []
        yield from (Record(day.name, item, share=number / len(days)) for item in items)


def read_mail(text: DecodedText, _options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read a mail box, which has to be a file of its own."""
    report.format = mail.NAME
    with NamedTemporaryFile() as copy:
        if text.content.file is None:
            with text.content.open() as file:
                shutil.copyfileobj(file, copy)
            copy.flush()
        path = text.content.file or Path(copy.name)
        yield from (Record(text.name, item) for item in mail.items_of(path))


def read_sms(text: DecodedText, _options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read a backup of SMS."""
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
