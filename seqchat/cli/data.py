"""``seqchat data``: what would be learned of a text, without learning it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.options import json_option, print_json, reading_options
from seqchat.wording import counted, listed, percentage

if TYPE_CHECKING:
    from seqchat.corpus.dialogs import Dialog
    from seqchat.corpus.overview import Overview
    from seqchat.corpus.source_report import SourceReport

_SHOWN_TURNS, _WIDTH = 6, 100


@click.command(short_help="Show what would be learned of a text.")
@click.argument("data", nargs=-1, required=True)
@click.option("--dialogs", "all_dialogs", is_flag=True, help="Print every dialog instead of the report.")
@reading_options
@json_option
def data(data: tuple[str, ...], all_dialogs: bool, as_json: bool, **options: Any) -> None:
    """Show what a training would learn of DATA: files, folders, zip archives, glob patterns, a hub id, or 'sample'.

    It says of every file which format it has, how many messages by how many people are read, and what is left out for
    which reason; then the first turns, how many words there are, of which scripts, and how many a training would hold
    out. With --dialogs it prints all dialogs, with --json one object a line, with the speaker of each turn. With
    --speaker it says how many turns a model would learn of whom; dialogs without one are left out.

    \b
    seqchat data exports/
    seqchat data chat.txt --dialogs
    seqchat data exports/ --dialogs --json > dialogs.jsonl
    seqchat data table.csv --columns prompt,response
    seqchat data chat.txt --speaker Ana
    """
    from seqchat.corpus.source_report import SourceReport
    from seqchat.corpus.sources import read_dialogs

    report = SourceReport()
    found = read_dialogs(data, report=report, options=options["reading"])
    if all_dialogs:
        for dialog in found:
            _print_dialog(dialog, _format_of(report, dialog), as_json)
        _warn(report)
        return

    from seqchat.corpus.overview import overview

    seen = overview(found)
    if as_json:
        print_json(_as_json(report, seen))
    else:
        click.echo("\n".join([*_lines(report), *_overview_lines(seen)]))


def _format_of(report: SourceReport, dialog: Dialog) -> str:
    return next((file.format for file in reversed(report.files) if file.name == dialog.source), "")


def _print_dialog(dialog: Dialog, kind: str, as_json: bool) -> None:
    speakers = dialog.speakers or ("",) * len(dialog.turns)
    if as_json:
        print_json({"dialog": dialog.turns, "speakers": speakers, "file": dialog.source, "format": kind})
        return
    for turn, name in zip(dialog.turns, speakers, strict=True):
        click.echo(f"{name}: {turn}" if name else turn)
    click.echo()


def _warn(report: SourceReport) -> None:
    for sentence in report.sentences():
        click.echo(sentence, err=True)


def _lines(report: SourceReport) -> list[str]:
    told = [line for file in report.files if file.dialogs or file.is_told for line in file.sentences()]
    return [*told, *report.complaints(), *filter(None, [report.speakers.sentence()])]


def _overview_lines(seen: Overview) -> list[str]:
    lines = ["", "It begins:"]
    for name, turn in seen.first_turns[:_SHOWN_TURNS]:
        text = turn.replace("\n", " ⏎ ")
        shown = f"{name}: {text}" if name else text
        lines.append(f"  {shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + '…'}")
    scripts = listed([f"{name} {percentage(share, 0)}" for name, share in seen.scripts.items()] or ["none"])
    size = [counted(seen.dialogs, "dialog"), counted(seen.turns, "turn"), f"about {counted(seen.words, 'word')}"]
    lines += [
        "",
        f"In all: {', '.join(size)}",
        f"Letters: {scripts}",
        *seen.advice,
        f"Held out by a training: about {counted(seen.held_out_dialogs, 'dialog')} with "
        f"{counted(seen.held_out_turns, 'turn')}",
    ]
    return lines


def _as_json(report: SourceReport, seen: Overview) -> dict[str, Any]:
    return {
        "files": [file.summary() for file in report.files],
        "skipped": report.skipped,
        "problems": report.problems,
        "not_looked_at": dict(report.others),
        "learned_turns": report.speakers.learned,
        **seen.to_json(),
    }
