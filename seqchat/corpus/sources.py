"""Hub data sets and local files become dialogs."""

from __future__ import annotations

import glob
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from seqchat.corpus.conversations import conversations
from seqchat.corpus.dialogs import Dialog, NoDialogError, NoFieldError, dialog_of
from seqchat.corpus.readers import READERS, Record, first_line
from seqchat.errors import SeqchatError, one_line
from seqchat.files import expanded, is_file, is_folder
from seqchat.locations import SAMPLE_CORPUS

DEFAULT_DATASET = "Jax-dan/HundredCV-Chat"
SAMPLE = "sample"

_PROBLEMS = 5
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass
class SourceReport:
    """What was read so far: dialogs, the share of all sources, skipped records, and a line for each of the first of
    these."""

    dialogs: int = 0
    share: float = 0.0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)

    def sentences(self) -> Iterator[str]:
        """Yield a sentence for each of the first records that were skipped, and one for the others."""
        for problem in self.problems:
            yield f"Skipped {problem}"
        if self.skipped > len(self.problems):
            yield f"Skipped {self.skipped - len(self.problems):,} more; {self.skipped:,} in all"

    def skip(self, problem: str) -> None:
        """Note a record that could not be used."""
        self.skipped += 1
        if len(self.problems) < _PROBLEMS:
            self.problems.append(problem)


@dataclass(frozen=True)
class _Part:
    """A file or a hub data set, and its share of everything there is to read."""

    name: str
    records: Iterable[Record]
    weight: float


def read_dialogs(
    sources: Sequence[str], *, field: str | None = None, streaming: bool = False, report: SourceReport | None = None
) -> Iterator[Dialog]:
    """Read the dialogs of several sources, one after the other.

    A source is ``sample``, a file, a folder, a glob pattern, or a hub id (``owner/name``). `field` names the field or
    column that holds the turns or the text, if it can't be guessed. In a messenger's export, each day of a chat becomes
    a dialog. With `streaming`, hub data sets are read over the network as they arrive, and not stored. Records that are
    malformed are skipped and entered in `report`.

    Raises:
        SeqchatError: a source does not exist, cannot be reached, or has nothing usable.
    """
    report = report if report is not None else SourceReport()
    parts = list(chain.from_iterable(_open(source, streaming) for source in sources))
    whole, done = sum(part.weight for part in parts), 0.0
    for part in parts:
        before, hint, advice = report.dialogs, "it is empty", ""
        for record in conversations(_all(part), field):
            report.share = (done + record.share * part.weight) / whole
            try:
                dialog = replace(_dialog(record, field), source=part.name)
            except NoDialogError as problem:
                hint = f"{record.location}: {problem}"
                report.skip(hint)
                no_field = isinstance(problem, NoFieldError)
                advice = "; name the field that holds the text with --field" if no_field else ""
                continue
            report.dialogs += 1
            yield dialog
        if report.dialogs == before:
            raise SeqchatError(f"{one_line(part.name)} has no usable dialog ({hint}){advice}.")
        done += part.weight


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


def _all(part: _Part) -> Iterator[Record]:
    with _file_errors(part.name):
        yield from part.records


@contextmanager
def _file_errors(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SeqchatError(f"{one_line(name)} cannot be read ({error.strerror or first_line(error)}).") from error


def _dialog(record: Record, field: str | None) -> Dialog:
    if record.error:
        raise NoDialogError(record.error)
    return dialog_of(record.value, field)


def _open(source: str, streaming: bool) -> Iterator[_Part]:
    paths = _paths(source)
    if paths is None:
        yield _Part(source, _read_hub(source, streaming), 1.0)
    for path in paths or ():
        name = SAMPLE if source == SAMPLE else str(path)
        with _file_errors(name):
            part = _Part(name, READERS[path.suffix.lower()](path), path.stat().st_size + 1.0)
        yield part


def _paths(source: str) -> list[Path] | None:
    """Return the files that a source names; None if it is a hub id."""
    if source == SAMPLE:
        return [SAMPLE_CORPUS]
    path = expanded(source)
    if is_folder(path):
        return _paths_in(path, source)
    if is_file(path):
        if not _is_readable(path):
            raise SeqchatError(f"{one_line(source)} has a format that cannot be read; use one of {_kinds()}.")
        return [path]
    if glob.has_magic(source):
        return _paths_matching(path, source)
    if _is_readable(path) or not _HUB_ID.fullmatch(source):
        raise SeqchatError(f"There is no file or folder {one_line(source)}.")
    return None


def _paths_in(folder: Path, source: str) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if _is_readable(path) and path.is_file())
    if not found:
        raise SeqchatError(f"The folder {one_line(source)} holds no {_kinds()} file.")
    return found


def _paths_matching(pattern: Path, source: str) -> list[Path]:
    matches = sorted(Path(p) for p in glob.glob(str(pattern), recursive=True))  # noqa: PTH207 (absolute patterns)
    found = [path for path in matches if _is_readable(path) and is_file(path)]
    if not found:
        raise SeqchatError(f"No {_kinds()} file matches {one_line(source)}.")
    return found


def _is_readable(path: Path) -> bool:
    return path.suffix.lower() in READERS


def _kinds() -> str:
    return ", ".join(READERS)


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


def _read_hub(name: str, streaming: bool) -> Iterator[Record]:
    splits = _load_hub(name, streaming=True) if streaming else _load_hub(name)
    # The length of a stream is unknown.
    whole = 0 if streaming else sum(len(rows) for rows in splits.values())
    read = 0
    with _hub_errors(name):
        for split, rows in splits.items():
            for number, row in enumerate(rows, 1):
                read += 1
                yield Record(f"{name}[{split}] {number}", row, share=read / whole if whole else 0.0)
