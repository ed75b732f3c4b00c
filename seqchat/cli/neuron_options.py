"""What the commands of `seqchat neurons` share: options of a layer and of texts, and how texts are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seqchat.wording import counted

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.corpus.dialogs import Dialog
    from seqchat.insight.neurons.sample import Sample

F = TypeVar("F", bound=Callable[..., Any])

layer_option = click.option("--layer", help="A layer, from 1  [the last one]")
quantity_option = click.option(
    "--quantity", default="hidden", show_default=True, help="A gate or state of the cell, named as in the app."
)


def data_options(command: F) -> F:
    """Add the options that say what text is read."""
    for option in (
        click.option("--max-dialogs", type=click.IntRange(min=1), help="Read at most this many dialogs."),
        click.option("--field", help="The field or column that holds the turns or the text."),
        click.option(
            "--data", multiple=True, metavar="DATA", help="Text to read, as for 'train'  [the built-in sample]"
        ),
    ):
        command = option(command)
    return command


def layer_name(engine: Engine, layer: str | None, quantity: str) -> str:
    from seqchat.insight.selection import find_quantity

    return engine.network.layer_names[find_quantity(engine.network, layer, quantity).layer]


def dialogs_of(data: tuple[str, ...], field: str | None, max_dialogs: int | None) -> Iterator[Dialog]:
    """Read the dialogs; at the end, what could not be used is reported on standard error."""
    from seqchat.corpus.source_names import SAMPLE
    from seqchat.corpus.source_report import SourceReport
    from seqchat.corpus.sources import read_dialogs

    report = SourceReport()
    yield from islice(read_dialogs(data or (SAMPLE,), field=field, report=report), max_dialogs)
    if report.skipped:
        click.echo(f"Skipped {counted(report.skipped, 'record')}; the first: {report.problems[0]}", err=True)


def sample_of(
    engine: Engine, layer: str | None, quantity: str, show: Callable[[str], None], *, words: int, **options: Any
) -> Sample:
    from seqchat.insight.neurons.sample import collect

    def progress(dialogs: int) -> None:
        show(f"{counted(dialogs, 'dialog')} read")

    return collect(engine, dialogs_of(**options), layer, quantity, words=words, progress=progress)


@contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows a changing line on standard error while the block runs, in a terminal only."""
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True, highlight=False).status("") as status:
        yield lambda text: status.update(Text(text))
