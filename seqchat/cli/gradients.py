"""``seqchat gradients``: how far back in time a model's gradient reaches."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.options import json_option, print_json
from seqchat.cli.out import PICTURES, check_out
from seqchat.corpus.source_names import SAMPLE
from seqchat.files import write_file
from seqchat.model.model_registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from seqchat.insight.gradient_flow import GradientFlow

_KINDS = (*PICTURES, ".json")
_CHART_WIDTH, _CHART_HEIGHT = 80, 22
_MAX_COLUMNS = 100


@click.command(short_help="Show how far back gradients reach.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--data", default=SAMPLE, show_default=True, help="Any text that 'train' reads.")
@click.option("--words", default=200, show_default=True, type=click.IntRange(min=1), help="How many losses to follow.")
@click.option("--distance", default=50, show_default=True, type=click.IntRange(2, 1_000), help="How many words back.")
@click.option("--layer", type=click.IntRange(min=1), help="A layer, from 1 at the bottom  [the top one]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Chooses the words.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a .png, .svg or .json file.")
@json_option
def gradients(models: tuple[str, ...], out: Path | None, as_json: bool, **options: Any) -> None:
    """Follow the loss of each MODEL back through time on real text, and show how much of its gradient is left.

    The norm of the gradient at a layer's state k words earlier is averaged over many words and shown as a share of the
    norm at the word itself. It is called vanishing, fading slowly, kept or exploding, by how it changes with the
    distance. MODEL is the shipped one by default.

    \b
    seqchat gradients
    seqchat gradients rnn-chat lstm-chat-small gru-chat --distance 30
    seqchat gradients lstm-chat --data my_chats.jsonl --out gradients.png
    """
    check_out(out, _KINDS)
    flows = _follow(models or (DEFAULT_MODEL,), **options)
    if out is not None:
        _write(flows, out)
    if as_json:
        from seqchat.insight.export.gradients import gradients_document

        print_json(gradients_document(flows))
    elif out is None:
        _print(flows)


def _follow(models: tuple[str, ...], **options: Any) -> list[GradientFlow]:
    """Follow the gradients of each model, with a bar on standard error."""
    from seqchat.completion.engine import Engine
    from seqchat.insight.gradient_flow import gradient_flow_on_text

    words = options["words"] * len(models)
    with click.progressbar(length=words, label="Following the gradients back", file=sys.stderr) as progress:
        return [
            gradient_flow_on_text(Engine.load(name, "fp32"), **options, progress=progress.update) for name in models
        ]


def _print(flows: list[GradientFlow]) -> None:
    from seqchat.insight.gradient_report import chart, describe, table

    title = "share of the gradient that is left"
    click.echo(chart(flows, _CHART_WIDTH, _CHART_HEIGHT, letters=True, title=title))
    for row in table(flows, letters=True):
        click.echo(f"{click.style(row.name, fg=row.colour)}{row.numbers}")
    click.echo()
    for flow in flows:
        click.echo(click.wrap_text(describe(flow), min(get_terminal_size().columns, _MAX_COLUMNS)))


def _write(flows: list[GradientFlow], out: Path) -> None:
    from seqchat.insight.export.gradients import gradients_document, gradients_picture

    kind = out.suffix.lower()
    as_json = kind == ".json"
    write_file(
        out,
        json.dumps(gradients_document(flows), ensure_ascii=False) if as_json else gradients_picture(flows, kind[1:]),
    )
    click.echo(f"{out} is written.", err=True)
