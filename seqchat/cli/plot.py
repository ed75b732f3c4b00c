"""``seqchat plot``: how training went."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import json_option, print_json
from seqchat.cli.out import check_out
from seqchat.errors import SeqchatError
from seqchat.model.model_registry import find

if TYPE_CHECKING:
    from seqchat.training.history import History

_X_LABEL = "million words"


@click.command(short_help="Draw the curves of training runs.")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--measure", default="validation_perplexity", show_default=True, help="A field of metrics.jsonl.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a .png or .svg file instead.")
@json_option
def plot(models: tuple[str, ...], measure: str, out: Path | None, as_json: bool) -> None:
    """Draw a metric over the training of each MODEL, in the terminal or as a picture.

    \b
    seqchat plot lstm-chat-small gru-chat rnn-chat
    seqchat plot me --measure training_loss --out loss.svg
    """
    from seqchat.training.history import History

    check_out(out)
    histories = [History.read(find(model)) for model in models]
    curves = [(history.name, *history.curve(measure)) for history in histories]
    if as_json:
        print_json({"measure": measure, "runs": [{"name": n, "words_m": x, "values": y} for n, x, y in curves]})
    elif out is not None:
        _write_picture(histories, measure, out)
    else:
        _draw_in_terminal(histories, measure)


def _draw_in_terminal(histories: list[History], measure: str) -> None:
    import plotext

    plotext.clear_figure()
    # One curve has a fine line; several are distinguished by letters.
    markers = ["braille"] if len(histories) == 1 else cycle(ascii_lowercase)
    for history, marker in zip(histories, markers, strict=False):
        x, y = history.curve(measure)
        plotext.plot(x, y, label=history.name, marker=marker)
    plotext.title(measure.replace("_", " "))
    plotext.xlabel(_X_LABEL)
    plotext.theme("clear")
    width, height = plotext.terminal_size() if hasattr(plotext, "terminal_size") else (None, None)
    plotext.plotsize(min(width or 80, 120), min(height or 24, 30))
    click.echo(plotext.build())


def _write_picture(histories: list[History], measure: str, out: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for history in histories:
        axes.plot(*history.curve(measure), marker="o", markersize=3, label=history.name)
    axes.set(xlabel=_X_LABEL, ylabel=measure.replace("_", " "))
    axes.grid(alpha=0.3)
    axes.legend()
    try:
        figure.savefig(out, dpi=150)
    except OSError as error:
        raise SeqchatError(f"{out} cannot be written ({error.strerror or error}).") from error
    click.echo(f"{out} is written.", err=True)
