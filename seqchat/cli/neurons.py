"""``seqchat neurons``: what single neurons do, and which of them track a property of the text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seqchat.cli.options import json_option, model_option, print_json
from seqchat.cli.out import check_out
from seqchat.wording import counted

if TYPE_CHECKING:
    from rich.console import Console

    from seqchat.completion.engine import Engine
    from seqchat.corpus.dialogs import Dialog
    from seqchat.insight.neurons.contexts import NeuronContext
    from seqchat.insight.neurons.sample import Sample
    from seqchat.insight.neurons.tracking import CorrelationScore, Tracking

_KINDS = (".html", ".svg")
# Told of what was read so far, in words.
_Tell = Callable[[str], None]

F = TypeVar("F", bound=Callable[..., Any])

_layer_option = click.option("--layer", help="A layer, from 1; the last one if not given.")
_neuron_option = click.option("--neuron", type=int, required=True, help="A neuron of the layer, from 0.")
_quantity_option = click.option(
    "--quantity", default="hidden", show_default=True, help="A gate or state of the cell, named as the app does."
)


def _data_options(command: F) -> F:
    """Add the options that say what text is read."""
    for option in (
        click.option("--max-dialogs", type=click.IntRange(min=1), help="Read no more dialogs than so many."),
        click.option("--field", help="The field or column that holds the turns or the text."),
        click.option(
            "--data", multiple=True, metavar="DATA", help="Text to read, as for 'train'  [the built-in sample]"
        ),
    ):
        command = option(command)
    return command


@click.group(short_help="See what single neurons do.")
def neurons() -> None:
    """See what single neurons do, and which of them track a property of the text.

    \b
    seqchat neurons colour 我想吃火锅，你呢？ --neuron 17
    seqchat neurons contexts --neuron 17 --data my_chats.jsonl
    seqchat neurons track brackets quotation
    """


@neurons.command(short_help="Colour a text by a neuron's values.")
@click.argument("text", required=False)
@model_option
@_layer_option
@_neuron_option
@_quantity_option
@click.option("--out", type=click.Path(path_type=Path), help="Write a .html or .svg file instead.")
@json_option
def colour(
    text: str | None, model: str, layer: str | None, neuron: int, quantity: str, out: Path | None, as_json: bool
) -> None:
    """Colour TEXT by the value of one neuron after each word; without TEXT, what stands on standard input.

    Blue is low and red is high; where there are no colours, the values stand under the words. A line is a turn.

    \b
    seqchat neurons colour 我想吃火锅，你呢？ --neuron 17
    seqchat neurons colour 我想吃火锅 --layer 1 --neuron 17 --quantity cell --out neuron17.html
    seqchat neurons colour --neuron 17 --json < chat.txt
    """
    check_out(out, _KINDS, drawn=())
    if text is None:
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")

    from rich.console import Console

    from seqchat.cli import neuron_drawing
    from seqchat.completion.engine import Engine
    from seqchat.files import write_file
    from seqchat.insight.neurons.activations import neuron_activations
    from seqchat.insight.selection import find_quantity

    engine = Engine.load(model)
    found = neuron_activations(engine, text, layer, neuron, quantity)
    name = engine.network.layer_names[find_quantity(engine.network, layer, quantity).layer]
    if out is not None:
        title = f"{engine.name}, layer {name}, neuron {neuron}, {quantity}"
        draw = neuron_drawing.svg if out.suffix.lower() == ".svg" else neuron_drawing.html
        write_file(out, draw(found, title))
        click.echo(f"{out} is written.", err=True)
    if as_json:
        result = {"layer": name, "neuron": neuron, "quantity": quantity}
        print_json({**result, "words": found.words, "values": _rounded(found.values.tolist())})
    elif out is None:
        neuron_drawing.print_activations(found, Console(highlight=False))


@neurons.command(short_help="Find where a neuron is highest and lowest.")
@model_option
@_layer_option
@_neuron_option
@_quantity_option
@_data_options
@click.option("-k", default=10, show_default=True, type=click.IntRange(min=1), help="How many contexts of each.")
@click.option(
    "--around", default=8, show_default=True, type=click.IntRange(min=0), help="How many words to show on each side."
)
@json_option
def contexts(
    model: str, layer: str | None, neuron: int, quantity: str, k: int, around: int, as_json: bool, **options: Any
) -> None:
    """Find the words of a text where one neuron is highest and where it is lowest, and show them in their contexts.

    They are of different dialogs, and no two have the same words before them.

    \b
    seqchat neurons contexts --neuron 17
    seqchat neurons contexts --layer 1 --neuron 17 --quantity forget --data chats/ -k 20
    """
    from rich.console import Console

    from seqchat.completion.engine import Engine
    from seqchat.insight.neurons.contexts import contexts as find_contexts
    from seqchat.insight.selection import check_neuron, find_quantity

    engine = Engine.load(model)
    selected = find_quantity(engine.network, layer, quantity)
    check_neuron(engine.network, neuron)
    with _telling() as tell:
        found = find_contexts(
            engine,
            _dialogs(**options),
            layer,
            neuron,
            quantity,
            k=k,
            around=around,
            progress=lambda dialogs, words: tell(f"{counted(dialogs, 'dialog')}, {counted(words, 'word')}"),
        )
    if as_json:
        name = engine.network.layer_names[selected.layer]
        print_json({"layer": name, "neuron": neuron, "quantity": quantity, **asdict(found)})
        return
    console = Console(highlight=False)
    for title, ranked in (("highest", found.highest), ("lowest", found.lowest)):
        text = f"{counted(found.words, 'word')} of {counted(found.dialogs, 'dialog')}"
        click.echo(f"Neuron {neuron} is {title}, among {text}:")
        for context in ranked:
            _print_context(context, console)
        click.echo()


@neurons.command(short_help="Find the neurons that track a property.")
@click.argument("properties", nargs=-1, metavar="[PROPERTY]...")
@model_option
@_layer_option
@_quantity_option
@_data_options
@click.option("--words", default=20_000, show_default=True, type=click.IntRange(min=1), help="About how many to step.")
@click.option("-k", default=3, show_default=True, type=click.IntRange(min=1), help="How many neurons of each, in JSON.")
@click.option(
    "--shuffles",
    default=300,
    show_default=True,
    type=click.IntRange(min=100),
    help="How often chance is tried; no p is below one through this.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of the shuffles.")
@json_option
def track(
    properties: tuple[str, ...],
    model: str,
    layer: str | None,
    quantity: str,
    words: int,
    k: int,
    shuffles: int,
    seed: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Find the neurons of a layer that track a property of the text best; without PROPERTY, all properties.

    The properties are brackets, title, quotation, position, remaining, elapsed, answer, speaker, latin and
    number. A neuron's score is the correlation of its values with the property; the layer's is that of a linear
    probe on all its neurons. Both are of other dialogs than those the neuron is chosen and the probe is fitted on, and
    beside each stands what chance reaches: the score that the same search exceeds in one of twenty shuffles of the
    property, and p, how often shuffles do as well.

    \b
    seqchat neurons track
    seqchat neurons track position number --layer 1
    seqchat neurons track brackets quotation --data my_chats.jsonl
    """
    from seqchat.insight.neurons.properties import find_properties

    wanted = find_properties(properties)

    from seqchat.completion.engine import Engine
    from seqchat.insight.neurons.sample import collect
    from seqchat.insight.neurons.tracking import track as score
    from seqchat.insight.selection import find_quantity

    engine = Engine.load(model)
    name = engine.network.layer_names[find_quantity(engine.network, layer, quantity).layer]
    with _telling() as tell:
        sample = collect(
            engine,
            _dialogs(**options),
            layer,
            quantity,
            words=words,
            progress=lambda dialogs: tell(f"{counted(dialogs, 'dialog')} read"),
        )
        tell("Shuffling the properties")
        found = score(sample, wanted, best=k, shuffles=shuffles, seed=seed)
    if as_json:
        result = {"layer": name, "quantity": quantity, "dialogs": len(sample.dialogs), "words": len(sample.states)}
        print_json({**result, "shuffles": shuffles, "properties": [_tracking_json(t) for t in found]})
    else:
        _print_table(engine, name, quantity, sample, found)


# --- text in, results out ----------------------------------------------------------------------------------------


def _dialogs(data: tuple[str, ...], field: str | None, max_dialogs: int | None) -> Iterator[Dialog]:
    """Read the dialogs; what could not be used is told on standard error at the end."""
    from seqchat.corpus.sources import SAMPLE, SourceReport, read_dialogs

    report = SourceReport()
    yield from islice(read_dialogs(data or (SAMPLE,), field=field, report=report), max_dialogs)
    if report.skipped:
        click.echo(f"Skipped {counted(report.skipped, 'record')}; the first: {report.problems[0]}", err=True)


@contextmanager
def _telling() -> Iterator[_Tell]:
    """Give what shows a changing line on standard error while the block runs, in a terminal only."""
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True, highlight=False).status("") as status:
        yield lambda text: status.update(Text(text))


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 6) for value in values]


def _print_context(context: NeuronContext, console: Console) -> None:
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    room = max(console.width - 8, 20) // 2
    before = context.before.replace("\n", "⏎")
    while cell_len(before) > room - 3:
        before = before[1:]
    word = "⏎" if context.word == "\n" else context.word
    after = context.after.replace("\n", "⏎")
    line = Text(f"{context.value:+.3f} ")
    line.append(f"{' ' * (room - 3 - cell_len(before))}{before} ", "dim")
    line.append(f"[{word}]", "bold")
    left = console.width - line.cell_len
    line.append(after if cell_len(after) <= left else set_cell_size(after, max(left, 0)), "dim")
    console.print(line, soft_wrap=True)


def _tracking_json(tracking: Tracking) -> dict[str, Any]:
    return {**asdict(tracking), "verdict": tracking.verdict}


def _print_table(engine: Engine, layer: str, quantity: str, sample: Sample, found: list[Tracking]) -> None:
    words, neurons = sample.states.shape
    scores = f"{'score':>7}{'chance':>7}{'p':>6}"
    text = f"{counted(words, 'word')} of {counted(len(sample.dialogs), 'dialog')}"
    click.echo(f"{engine.name}, layer {layer}, {quantity}: {text}\n")
    click.echo(f"{'':<12}{'best neuron':<25}all {neurons} together")
    click.echo(f"{'property':<10}neuron{scores} {scores}")
    for t in found:
        cells = f"{'–':>6}{_scores(None, None)} {_scores(None, None)}"
        if t.neurons:
            first = t.neurons[0]
            cells = f"{first.neuron:>6}{_scores(first, t.neuron_chance)} {_scores(t.probe, t.probe_chance)}"
        click.echo(f"{t.name:<10}{cells}  {t.verdict}")
    click.echo(
        "\nA score is the correlation with the property on the half of the dialogs that\n"
        "neither chose the neuron nor fitted the linear probe on all together. With the\n"
        "property shuffled, the best neuron, and the probe, exceed 'chance' in one of\n"
        "twenty tries; p is the share of tries that do as well as the score."
    )


def _scores(score: CorrelationScore | None, chance: float | None) -> str:
    if score is None:
        return f"{'–':>7}{'–':>7}{'–':>6}"
    return f"{score.correlation:>+7.2f}{chance:>7.2f}{score.p:>6.3f}"
