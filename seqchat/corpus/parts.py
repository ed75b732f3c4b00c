"""What is read as one: a file, a channel of Slack, a data set; in folders and archives."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath

from seqchat.corpus.contents import Content, in_archive, in_folder, of_file
from seqchat.corpus.file_report import FileReport
from seqchat.corpus.formats import slack
from seqchat.corpus.hub import hub_records
from seqchat.corpus.readers.exports import read_slack
from seqchat.corpus.readers.files import read
from seqchat.corpus.readers.messages import with_messages
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record, first_line
from seqchat.corpus.source_files import ARCHIVE, is_readable, local_files
from seqchat.corpus.source_names import SAMPLE
from seqchat.corpus.source_report import SourceReport
from seqchat.errors import SeqchatError, one_line
from seqchat.files import expanded, is_folder

# Files that have no messages, as others beside them do: signal-export writes a chat again for people, and the packages
# of Discord and Google name its channels.
_BESIDE = (
    ("chat.md", "data.json"),
    ("index.md", "data.json"),
    ("channel.json", "messages.json"),
    ("channel.json", "messages.csv"),
    ("group_info.json", "messages.json"),
    ("index.json", "*/messages.json"),
    ("index.json", "*/messages.csv"),
    ("README.txt", "*/index.json"),
)


@dataclass(frozen=True)
class Part:
    """A file or a hub data set, and its share of everything there is to read."""

    name: str
    records: Callable[[FileReport], Iterable[Record]]
    weight: float


def parts_of(source: str, streaming: bool, options: ReadingOptions, report: SourceReport) -> Iterator[Part]:
    """Yield the parts of a source; what is passed over is entered in the report."""
    paths = local_files(source)
    if paths is None:
        yield Part(source, lambda file: _read_hub(source, streaming, options, file), 1.0)
        return
    folder = expanded(source)
    if source != SAMPLE and is_folder(folder):
        found = in_folder(folder, is_readable)
        report.others += found.others
        yield from _parts(found.contents, options, report)
        return
    for path in paths:
        name = SAMPLE if source == SAMPLE else str(path)
        with file_errors(name):
            content = of_file(path, name)
        yield from _parts([content], options, report)


def _parts(contents: Sequence[Content], options: ReadingOptions, report: SourceReport) -> Iterator[Part]:
    """Yield what is read as one: a file, or the days of a channel of Slack."""
    channels, others = _channels(contents)
    for channel, days in channels.items():
        users = next((c for c in contents if c.path.name == slack.USERS and c.path.parent == channel.parent), None)
        name = str(PurePath(days[0].name).parent)
        yield Part(name, _slack_records(days, users, options), sum(day.size for day in days) + 1.0)
    for content in others:
        if content.suffix == ARCHIVE:
            yield from _archive_parts(content, options, report)
        else:
            yield Part(content.name, _file_records(content, options), content.size + 1.0)


def _slack_records(
    days: Sequence[Content], users: Content | None, options: ReadingOptions
) -> Callable[[FileReport], Iterable[Record]]:
    return lambda file: read_slack(days, users, options, file)


def _file_records(content: Content, options: ReadingOptions) -> Callable[[FileReport], Iterable[Record]]:
    return lambda file: read(content, options, file)


def _read_hub(name: str, streaming: bool, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    yield from with_messages(hub_records(name, streaming), options, report, "data set")


def _archive_parts(archive: Content, options: ReadingOptions, report: SourceReport) -> Iterator[Part]:
    try:
        found = in_archive(archive, is_readable)
    except SeqchatError as error:
        yield Part(archive.name, _failing(error), 1.0)
        return
    report.others += found.others
    inside = [content for content in found.contents if content.suffix != ARCHIVE]
    for nested in found.contents:
        if nested.suffix == ARCHIVE:
            report.skip(f"{one_line(nested.name)}: an archive in an archive; unpack it")
    if not inside:
        yield Part(
            archive.name, _failing(SeqchatError(f"{one_line(archive.name)} holds no text that can be read.")), 1.0
        )
    yield from _parts(inside, options, report)


def _failing(error: SeqchatError) -> Callable[[FileReport], Iterable[Record]]:
    def records(_: FileReport) -> Iterable[Record]:
        raise error

    return records


def _channels(contents: Sequence[Content]) -> tuple[dict[PurePath, list[Content]], list[Content]]:
    """Part the days of Slack's channels, which have a list of users or channels beside them, from other files; leave
    out lists of names, and what is there a second time."""
    tops = {content.path.parent for content in contents if content.path.name in ("users.json", "channels.json")}
    channels: dict[PurePath, list[Content]] = {}
    others = []
    for content in contents:
        folder = content.path.parent
        is_day = slack.DAY.fullmatch(content.path.name) is not None
        if is_day and folder.parent in tops and folder != folder.parent:
            channels.setdefault(folder, []).append(content)
        else:
            others.append(content)
    listing = {channel.parent for channel in channels}
    kept = [
        content
        for content in others
        if not (content.path.parent in listing and content.path.name in slack.LISTS)
        and not _is_beside(content.path, contents)
    ]
    return channels, kept


def _is_beside(path: PurePath, contents: Sequence[Content]) -> bool:
    """Whether a file lies beside those that have the messages."""
    places = [path.parent / main for name, main in _BESIDE if name == path.name]
    return any(
        len(other.path.parts) == len(place.parts) and other.path.match(str(place))
        for place in places
        for other in contents
    )


@contextmanager
def file_errors(name: str) -> Iterator[None]:
    """Turn errors of the disk and of archives into a sentence with the name of the file."""
    try:
        yield
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        why = getattr(error, "strerror", None) or first_line(error)
        raise SeqchatError(f"{one_line(name)} cannot be read ({why}).") from error
