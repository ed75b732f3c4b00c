"""What `seqchat inspect --step` prints: one neuron at one word, opened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import print_json
from seqchat.files import write_file

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.insight.step import OpenedStep
    from seqchat.insight.step_report import Line
    from seqchat.insight.view import View

_NUMBER = 11  # cells


def check_step(step: int | None, neurons: tuple[int, ...], data: str | None, statistics: bool) -> None:
    """Refuse options that do not go with --step; without it, all do."""
    if step is None:
        return
    if not neurons:
        raise click.UsageError("--step opens a neuron; choose it with --neuron.")
    if data is not None or statistics:
        raise click.UsageError("--step opens a word of TEXT or --file; leave --data and --statistics out.")


def show_step(
    engine: Engine, view: View, ids: Iterable[int], step: int, layers: tuple[str, ...], out: Path | None, as_json: bool
) -> None:
    """Open the neurons in view at a word; without a layer that is named, of the lowest layer in view."""
    from seqchat.insight.export.documents import MAX_VALUES
    from seqchat.insight.export.steps import step_document
    from seqchat.insight.recording import observe_ids
    from seqchat.insight.step import open_step
    from seqchat.insight.view import select_view

    trace = observe_ids(engine, ids, MAX_VALUES // select_view(engine).values_per_word)
    chosen = view.layers if layers else view.layers[:1]
    opened = [open_step(engine, trace, layer, neuron, step) for layer in chosen for neuron in view.neurons]
    gates = [gate.name for gate in view.gates]
    documents = [step_document(each, gates) for each in opened]
    if out is not None:
        write_file(out, "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents))
        click.echo(f"{out} is written.", err=True)
    if as_json:
        for document in documents:
            print_json(document)
    elif out is None:
        click.echo("\n\n".join("\n".join(_text(each, gates)) for each in opened))


def _text(step: OpenedStep, gates: list[str]) -> Iterator[str]:
    """Yield the formulas of the gates, and then what is in each."""
    from seqchat.insight.step_report import formula, lines

    after = "" if step.previous is None else f", after {step.previous}"
    yield f"{step.model} · {step.cell.title} · layer {step.layer} · neuron {step.neuron}"
    yield f"step {step.position}, {step.word}{after}"
    yield ""
    shown = [opened for opened in step.gates if opened.gate.name in gates]
    yield from (formula(step, opened) for opened in shown)
    for opened in shown:
        yield f"\n{opened.gate.symbol}, {opened.gate.english}: {opened.gate.what_en}"
        yield from aligned_lines(lines(step, opened))


def aligned_lines(found: list[Line]) -> Iterator[str]:
    """Yield lines with their numbers below each other."""
    from rich.cells import cell_len, set_cell_size

    width = max((cell_len(line.what) for line in found if line.kind != "remark"), default=0)
    for line in found:
        indent = "   " * (line.kind == "part")
        what = line.what if line.kind == "remark" else set_cell_size(line.what, width)
        yield f"{indent}{line.number:>{_NUMBER}}  {what}  {line.note}".rstrip()
