"""``seqchat plot``: how training went."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import json_option, print_json
from seqchat.errors import SeqchatError

if TYPE_CHECKING:
    from seqchat.training.history import History

_X_LABEL = "million words"
_KINDS = (".png", ".svg")


@click.command(short_help="Draw the curves of training runs.")
@click.argument("directories", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@click.option("--measure", default="validation_perplexity", show_default=True, help="A field of metrics.jsonl.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a .png or .svg file instead.")
@json_option
def plot(directories: tuple[Path, ...], measure: str, out: Path | None, as_json: bool) -> None:
    """Draw how a measure went in the run of each DIR, in the terminal or as a picture.

    \b
    seqchat plot checkpoints/lstm-sample checkpoints/gru-sample
    seqchat plot checkpoints/me --measure training_loss --out loss.svg
    """
    from seqchat.training.history import History

    if out is not None and out.suffix.lower() not in _KINDS:
        raise SeqchatError(f"{out} is not a picture that can be written; its name ends in {' or '.join(_KINDS)}.")
    histories = [History.read(folder) for folder in directories]
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

    for history in histories:
        x, y = history.curve(measure)
        plotext.plot(x, y, label=history.name, marker="braille")
    plotext.title(measure.replace("_", " "))
    plotext.xlabel(_X_LABEL)
    plotext.theme("clear")
    width, height = plotext.terminal_size() if hasattr(plotext, "terminal_size") else (None, None)
    plotext.plotsize(min(width or 80, 120), min(height or 24, 30))
    click.echo(plotext.build())


def _write_picture(histories: list[History], measure: str, out: Path) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SeqchatError("Pictures need matplotlib: pip install 'seqchat[plot]'.") from None

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
