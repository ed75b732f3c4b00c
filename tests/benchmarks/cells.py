"""Cells beside each other: words per second in training, and perplexity after the same time.

    python tests/benchmarks/cells.py                       # every cell, on the sample
    python tests/benchmarks/cells.py mingru gru --data chats.jsonl --seconds 300

All have the same number of layers and units, and train one after the other on the same text in the same process. The
last columns are ratios to the first cell, which say more than numbers of a busy machine. Two layers, since the gates of
one layer of minGRU see one word only.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click
import torch

from seqchat.model.cells import CELLS
from seqchat.training.presets import PRESETS
from seqchat.training.run import train
from seqchat.training.task import Task


class Quiet:
    """An observer that says nothing."""

    def message(self, text: str) -> None:
        """Say nothing."""

    def progress(self, text: str, share: float) -> None:
        """Say nothing."""

    def start(self, trainer: Any, parameters: int) -> None:
        """Remember the size."""
        self.parameters = parameters

    def step(self, info: Any) -> None:
        """Say nothing."""

    def report(self, report: Any) -> None:
        """Say nothing."""


@click.command()
@click.argument("cells", nargs=-1, type=click.Choice(list(CELLS)))
@click.option("--data", default="sample", show_default=True)
@click.option("--seconds", default=60.0, show_default=True, help="Of training, for each cell.")
@click.option("--layers", default=2, show_default=True)
@click.option("--embedding", default=128, show_default=True)
@click.option("--hidden", default=256, show_default=True)
def main(cells: tuple[str, ...], data: str, seconds: float, layers: int, embedding: int, hidden: int) -> None:
    """Train some cells, by default all, for the same time."""
    torch.set_num_threads(1)
    first: tuple[float, float] | None = None
    click.echo(f"{'cell':<8}{'parameters':>12}{'words/s':>10}{'perplexity':>12}{'speed':>8}{'ratio':>8}")
    for cell in cells or tuple(CELLS):
        shape = {"cell": cell, "layers": layers, "embedding_size": embedding, "hidden_size": hidden}
        settings = PRESETS["tiny"].settings(cell, time_limit=seconds, epochs=1_000, patience=1_000, ngrams=0)
        observer = Quiet()
        with tempfile.TemporaryDirectory() as folder:
            result = train(Task([data], shape), settings, Path(folder) / cell, observer)
        speed, perplexity = result.tokens / result.seconds, result.quality.perplexity
        first = first or (speed, perplexity)
        click.echo(
            f"{cell:<8}{observer.parameters:>12,}{speed:>10,.0f}{perplexity:>12.1f}"
            f"{speed / first[0]:>8.2f}{perplexity / first[1]:>8.2f}"
        )


if __name__ == "__main__":
    main()
