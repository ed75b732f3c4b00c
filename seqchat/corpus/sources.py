"""Hub data sets and local files become dialogs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from seqchat.corpus.conversations import conversations
from seqchat.corpus.dialogs import Dialog, NoDialogError, NoFieldError, dialog_of
from seqchat.corpus.file_report import FileReport
from seqchat.corpus.hub import load_hub
from seqchat.corpus.parts import Part, file_errors, parts_of
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record
from seqchat.corpus.source_files import is_hub, local_files
from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.speakers import learned_turns
from seqchat.errors import SeqchatError, one_line


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
    parts = list(chain.from_iterable(parts_of(source, streaming, options, report) for source in sources))
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
            if not is_hub(part.name):
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
    part: Part, file: FileReport, options: ReadingOptions, report: SourceReport, done: float, weight: float
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


def _all(part: Part, file: FileReport) -> Iterator[Record]:
    with file_errors(part.name):
        yield from part.records(file)


def _dialog(record: Record, options: ReadingOptions) -> Dialog:
    if record.error:
        raise NoDialogError(record.error)
    return dialog_of(record.value, options.field, options.columns)


def content_key(sources: Sequence[str]) -> str | None:
    """Return a name for the content of sources, which changes with it; None if only reading it could tell.

    Raises:
        SeqchatError: a source does not exist, or cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    for source in sources:
        paths = local_files(source)
        if paths is None:
            fingerprints = [getattr(rows, "_fingerprint", None) for rows in load_hub(source).values()]
            if None in fingerprints:
                return None
            digest.update("\n".join(map(str, fingerprints)).encode())
        for path in paths or ():
            with file_errors(str(path)), path.open("rb") as file:
                # The folder and the name count too, since weights go by them.
                name = "/".join(path.resolve().parts[-2:])
                digest.update(f"\n{name} {hashlib.file_digest(file, 'blake2b').hexdigest()}".encode())
    return digest.hexdigest()
