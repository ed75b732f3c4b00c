"""Hub data sets and local files become dialogs."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path, PurePath
from typing import Any

from seqchat.corpus.contents import Content, in_archive, in_folder, of_file
from seqchat.corpus.conversations import conversations
from seqchat.corpus.dialogs import Dialog, NoDialogError, NoFieldError, dialog_of
from seqchat.corpus.file_report import FileReport
from seqchat.corpus.formats import slack
from seqchat.corpus.readers import READERS, read, read_slack, with_messages
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record, first_line
from seqchat.corpus.speakers import SpeakerCounts, learned_turns
from seqchat.errors import SeqchatError, one_line
from seqchat.files import expanded, is_file, is_folder
from seqchat.locations import SAMPLE_CORPUS
from seqchat.wording import counted, listed

DEFAULT_DATASET = "Jax-dan/HundredCV-Chat"
SAMPLE = "sample"
ARCHIVE = ".zip"

_PROBLEMS, _KINDS = 5, 4
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass
class SourceReport:
    """What was read so far: dialogs, the share of all sources, skipped records, a line for each of the first of these,
    what was read of each file, how many were passed over, by the endings of their names, and who wrote how much."""

    dialogs: int = 0
    share: float = 0.0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    speakers: SpeakerCounts = field(default_factory=SpeakerCounts)

    def sentences(self) -> Iterator[str]:
        """Yield a sentence for each file, for each of the first records that were skipped, one for the others, and one
        on whose turns are learned, if not everybody's."""
        yield from (line for file in self.files if file.is_told for line in file.sentences())
        yield from self.complaints()
        yield from filter(None, [self.speakers.sentence()])

    def complaints(self) -> Iterator[str]:
        """Yield a sentence for each of the first records and files that were skipped, and one for the others."""
        for problem in self.problems:
            yield f"Skipped {problem}"
        if self.skipped > len(self.problems):
            yield f"Skipped {self.skipped - len(self.problems):,} more; {self.skipped:,} in all"
        if self.others:
            kinds = listed([f"{n:,} {suffix or 'without an ending'}" for suffix, n in self.others.most_common(_KINDS)])
            yield f"Not looked at: {counted(sum(self.others.values()), 'file')} of other kinds ({kinds})"

    def skip(self, problem: str) -> None:
        """Note a record that could not be used."""
        self.skipped += 1
        if len(self.problems) < _PROBLEMS:
            self.problems.append(problem)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            **vars(self),
            "files": [file.to_json() for file in self.files],
            "others": dict(self.others),
            "speakers": self.speakers.to_json(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SourceReport:
        """Return the report that `to_json` wrote."""
        files = [FileReport.from_json(file) for file in values["files"]]
        others, speakers = Counter(values["others"]), SpeakerCounts.from_json(values["speakers"])
        return cls(**{**values, "files": files, "others": others, "speakers": speakers})


@dataclass(frozen=True)
class _Part:
    """A file or a hub data set, and its share of everything there is to read."""

    name: str
    records: Callable[[FileReport], Iterable[Record]]
    weight: float


def read_dialogs(
    sources: Sequence[str],
    *,
    field: str | None = None,
    streaming: bool = False,
    report: SourceReport | None = None,
    options: ReadingOptions | None = None,
) -> Iterator[Dialog]:
    """Read the dialogs of several sources, one after the other.

    A source is ``sample``, a file, a zip archive, a folder, a glob pattern, or a hub id (``owner/name``). `field` names
    the field or column that holds the turns or the text, if it can't be guessed; `options` are all options. In a
    messenger's export, a dialog ends at a long pause. Dialogs without a turn of the wanted speakers are left out. With
    `streaming`, hub data sets are read over the network as they arrive, and not stored. Files and records that can't be
    used are skipped and entered in `report`.

    Raises:
        SeqchatError: a source does not exist or cannot be reached, nothing usable is in any, or a speaker is not there.
    """
    report = report if report is not None else SourceReport()
    options = options or ReadingOptions(field)
    report.speakers.wanted = list(options.speakers)
    parts = list(chain.from_iterable(_open(source, streaming, options, report) for source in sources))
    whole, done, failures = sum(part.weight for part in parts), 0.0, list[str]()
    for part in parts:
        file = FileReport(part.name)
        report.files.append(file)
        try:
            for dialog in _read_part(part, file, options, report, done / whole, part.weight / whole):
                report.dialogs += 1
                file.add(dialog)
                if options.speakers:
                    dialog = replace(dialog, learned=learned_turns(dialog, options.speakers))
                report.speakers.add(dialog)
                if any(dialog.learned) or not dialog.learned:
                    yield dialog
        except SeqchatError as error:
            failures.append(str(error))
            if not _is_hub(part.name):
                report.skip(str(error).rstrip("."))
        else:
            if not file.dialogs:
                failures.append(f"{one_line(part.name)} has no usable dialog ({file.hint or file.nothing_but()}).")
                if len(parts) > 1 and not file.hint:
                    report.skip(failures[-1].rstrip("."))
        done += part.weight
    if not report.dialogs:
        advice = "; name the field that holds the text with --field" if any(f.lacks_field for f in report.files) else ""
        said = failures[0].rstrip(".") if failures else "No file has anything that can be read"
        raise SeqchatError(f"{said}{advice}.")
    report.speakers.check()


def _read_part(
    part: _Part, file: FileReport, options: ReadingOptions, report: SourceReport, done: float, weight: float
) -> Iterator[Dialog]:
    """Yield the dialogs of a part; done, weight: the shares of everything before it and of it."""
    for record in conversations(_all(part, file), file.counts, options.pause):
        report.share = done + record.share * weight
        try:
            dialog = _dialog(record, options)
        except NoDialogError as problem:
            file.hint = f"{record.location}: {problem}"
            file.lacks_field |= isinstance(problem, NoFieldError)
            report.skip(file.hint)
            continue
        yield replace(dialog, source=part.name)


def content_key(sources: Sequence[str]) -> str | None:
    """Return a name for the content of sources, which changes with it; None if only reading it could tell.

    Raises:
        SeqchatError: a source does not exist, or cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    for source in sources:
        paths = _paths(source)
        if paths is None:
            fingerprints = [getattr(rows, "_fingerprint", None) for rows in _load_hub(source).values()]
            if None in fingerprints:
                return None
            digest.update("\n".join(map(str, fingerprints)).encode())
        for path in paths or ():
            with _file_errors(str(path)), path.open("rb") as file:
                # The folder and the name count too, since weights go by them.
                name = "/".join(path.resolve().parts[-2:])
                digest.update(f"\n{name} {hashlib.file_digest(file, 'blake2b').hexdigest()}".encode())
    return digest.hexdigest()


def is_local(source: str) -> bool:
    """Whether a source is on this machine, and not a hub id.

    Raises:
        SeqchatError: it looks local, but does not exist.
    """
    return _paths(source) is not None


def public_name(source: str) -> str:
    """Return a source's name without the folders of this machine."""
    if _paths_of(source) is None:
        return source
    # A pattern cannot be resolved as a path.
    return Path(source).name if glob.has_magic(source) else expanded(source).resolve().name


def known_names(source: str) -> set[str]:
    """Return all names that a text may have been learned by: its own, its files', and its folders'."""
    paths = _paths_of(source) or ()
    return {public_name(source), *(part for path in paths for part in path.resolve().parts)} - {"/"}


def _paths_of(source: str) -> list[Path] | None:
    """Return the existing files of a source; None if it is the sample, a hub id or nothing."""
    try:
        return None if source == SAMPLE else _paths(source)
    except SeqchatError:
        return None


def _all(part: _Part, file: FileReport) -> Iterator[Record]:
    with _file_errors(part.name):
        yield from part.records(file)


@contextmanager
def _file_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        why = getattr(error, "strerror", None) or first_line(error)
        raise SeqchatError(f"{one_line(name)} cannot be read ({why}).") from error


def _is_hub(name: str) -> bool:
    try:
        return not is_local(name.split(" ")[0])
    except SeqchatError:
        return False


def _dialog(record: Record, options: ReadingOptions) -> Dialog:
    if record.error:
        raise NoDialogError(record.error)
    return dialog_of(record.value, options.field, options.columns)


def _open(source: str, streaming: bool, options: ReadingOptions, report: SourceReport) -> Iterator[_Part]:
    paths = _paths(source)
    if paths is None:
        yield _Part(source, lambda file: _read_hub(source, streaming, options, file), 1.0)
        return
    folder = expanded(source)
    if source != SAMPLE and is_folder(folder):
        found = in_folder(folder, _is_readable)
        report.others += found.others
        yield from _parts(found.contents, options, report)
        return
    for path in paths:
        name = SAMPLE if source == SAMPLE else str(path)
        with _file_errors(name):
            content = of_file(path, name)
        yield from _parts([content], options, report)


def _parts(contents: Sequence[Content], options: ReadingOptions, report: SourceReport) -> Iterator[_Part]:
    """Yield what is read as one: a file, or the days of a channel of Slack."""
    channels, others = _channels(contents)
    for channel, days in channels.items():
        users = next((c for c in contents if c.path.name == slack.USERS and c.path.parent == channel.parent), None)
        name = str(PurePath(days[0].name).parent)
        yield _Part(name, _slack_records(days, users, options), sum(day.size for day in days) + 1.0)
    for content in others:
        if content.suffix == ARCHIVE:
            yield from _archive_parts(content, options, report)
        else:
            yield _Part(content.name, _file_records(content, options), content.size + 1.0)


def _slack_records(
    days: Sequence[Content], users: Content | None, options: ReadingOptions
) -> Callable[[FileReport], Iterable[Record]]:
    return lambda file: read_slack(days, users, options, file)


def _file_records(content: Content, options: ReadingOptions) -> Callable[[FileReport], Iterable[Record]]:
    return lambda file: read(content, options, file)


def _archive_parts(archive: Content, options: ReadingOptions, report: SourceReport) -> Iterator[_Part]:
    try:
        found = in_archive(archive, _is_readable)
    except SeqchatError as error:
        yield _Part(archive.name, _failing(error), 1.0)
        return
    report.others += found.others
    inside = [content for content in found.contents if content.suffix != ARCHIVE]
    for nested in found.contents:
        if nested.suffix == ARCHIVE:
            report.skip(f"{one_line(nested.name)}: an archive in an archive; unpack it")
    if not inside:
        yield _Part(
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
    twice = {content.path.parent for content in contents if content.path.name == "data.json"}
    kept = [
        content
        for content in others
        if not (content.path.parent in listing and content.path.name in slack.LISTS)
        # signal-export writes a chat as JSON, and again for people.
        and not (content.path.parent in twice and content.path.name in ("chat.md", "index.md"))
    ]
    return channels, kept


def _paths(source: str) -> list[Path] | None:
    """Return the files that a source names; None if it is a hub id."""
    if source == SAMPLE:
        return [SAMPLE_CORPUS]
    path = expanded(source)
    if is_folder(path):
        return _paths_in(path, source)
    if is_file(path):
        return [path]
    if glob.has_magic(source):
        return _paths_matching(path, source)
    if _is_readable(path.suffix.lower()) or not _HUB_ID.fullmatch(source):
        raise SeqchatError(f"There is no file or folder {one_line(source)}.")
    return None


def _paths_in(folder: Path, source: str) -> list[Path]:
    found = sorted(
        Path(place) / name
        for place, _, names in os.walk(folder)
        for name in names
        if not name.startswith(".") and _is_readable(Path(name).suffix.lower()) and is_file(Path(place) / name)
    )
    if not found:
        raise SeqchatError(f"The folder {one_line(source)} holds no {_kinds()} file.")
    return found


def _paths_matching(pattern: Path, source: str) -> list[Path]:
    matches = sorted(Path(p) for p in glob.glob(str(pattern), recursive=True))  # noqa: PTH207 (absolute patterns)
    found = [path for path in matches if _is_readable(path.suffix.lower()) and is_file(path)]
    if not found:
        raise SeqchatError(f"No {_kinds()} file matches {one_line(source)}.")
    return found


def _is_readable(suffix: str) -> bool:
    return suffix in READERS or suffix == ARCHIVE


def _kinds() -> str:
    return ", ".join([*READERS, ARCHIVE])


@contextmanager
def _hub_errors(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the library raises many kinds, from several packages
        raise SeqchatError(
            f"The data set {name} could not be loaded ({first_line(error)}); name a file of your own, "
            f"train on '{SAMPLE}', or go online and try again."
        ) from error


def _load_hub(name: str, **options: Any) -> Any:
    with _hub_errors(name):
        import datasets

        datasets.disable_progress_bars()
        return datasets.load_dataset(name, **options)


def _read_hub(name: str, streaming: bool, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    yield from with_messages(_hub_records(name, streaming), options, report, "data set")


def _hub_records(name: str, streaming: bool) -> Iterator[Record]:
    splits = _load_hub(name, streaming=True) if streaming else _load_hub(name)
    # The length of a stream is unknown.
    whole = 0 if streaming else sum(len(rows) for rows in splits.values())
    read = 0
    with _hub_errors(name):
        for split, rows in splits.items():
            for number, row in enumerate(rows, 1):
                read += 1
                yield Record(f"{name}[{split}] {number}", row, share=read / whole if whole else 0.0)
