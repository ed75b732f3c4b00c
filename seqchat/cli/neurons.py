"""``seqchat neurons``: what single neurons do, and which of them track a property of the text."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.neuron_options import (
    data_options,
    dialogs_of,
    layer_name,
    layer_option,
    quantity_option,
    sample_of,
    status,
)
from seqchat.cli.neuron_patterns import groups, match
from seqchat.cli.options import json_option, model_option, print_json
from seqchat.cli.out import check_out
from seqchat.wording import counted

if TYPE_CHECKING:
    from seqchat.insight.neurons.activations import NeuronActivations
    from seqchat.insight.neurons.tracking import Tracking

_KINDS = (".html", ".svg")

_neuron_option = click.option("--neuron", type=int, required=True, help="The neuron of the layer, counted from 0.")


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
@layer_option
@_neuron_option
@quantity_option
@click.option("--out", type=click.Path(path_type=Path), help="Write a .html or .svg file instead.")
@json_option
def colour(
    text: str | None, model: str, layer: str | None, neuron: int, quantity: str, out: Path | None, as_json: bool
) -> None:
    """Colour TEXT by the value of one neuron after each word; without TEXT, standard input is read.

    Blue is low and red is high; in a terminal without colours, the values are under the words. A line is a turn.

    \b
    seqchat neurons colour 我想吃火锅，你呢？ --neuron 17
    seqchat neurons colour 我想吃火锅 --layer 1 --neuron 17 --quantity cell --out neuron17.html
    seqchat neurons colour --neuron 17 --json < chat.txt
    """
    check_out(out, _KINDS, drawn=())
    if text is None:
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")

    from seqchat.completion.engine import Engine
    from seqchat.insight.neurons.activations import neuron_activations

    engine = Engine.load(model)
    found = neuron_activations(engine, text, layer, neuron, quantity)
    name = layer_name(engine, layer, quantity)
    if out is not None:
        _draw(found, f"{engine.name}, layer {name}, neuron {neuron}, {quantity}", out)
    if as_json:
        values = [round(value, 6) for value in found.values.tolist()]
        result = {"layer": name, "neuron": neuron, "quantity": quantity}
        print_json({**result, "words": found.words, "values": values})
    elif out is None:
        from rich.console import Console

        from seqchat.cli.neuron_drawing import print_activations

        print_activations(found, Console(highlight=False))


@neurons.command(short_help="Find where a neuron is highest and lowest.")
@model_option
@layer_option
@_neuron_option
@quantity_option
@data_options
@click.option("-k", default=10, show_default=True, type=click.IntRange(min=1), help="How many contexts of each.")
@click.option(
    "--around", default=8, show_default=True, type=click.IntRange(min=0), help="How many words to show on each side."
)
@json_option
def contexts(
    model: str, layer: str | None, neuron: int, quantity: str, k: int, around: int, as_json: bool, **options: Any
) -> None:
    """Find where in a text one neuron is highest and lowest, and show the surrounding words.

    All are from different dialogs, and no two have the same words before them.

    \b
    seqchat neurons contexts --neuron 17
    seqchat neurons contexts --layer 1 --neuron 17 --quantity forget --data chats/ -k 20
    """
    from seqchat.completion.engine import Engine
    from seqchat.insight.neurons.contexts import contexts as find_contexts
    from seqchat.insight.selection import check_neuron

    engine = Engine.load(model)
    name = layer_name(engine, layer, quantity)
    # Before any text is read
    check_neuron(engine.network, neuron)
    with status() as show:

        def progress(dialogs: int, words: int) -> None:
            show(f"{counted(dialogs, 'dialog')}, {counted(words, 'word')}")

        dialogs = dialogs_of(**options)
        found = find_contexts(engine, dialogs, layer, neuron, quantity, k=k, around=around, progress=progress)
    if as_json:
        print_json({"layer": name, "neuron": neuron, "quantity": quantity, **asdict(found)})
    else:
        from seqchat.cli.neuron_tables import print_contexts

        print_contexts(found, neuron)


@neurons.command(short_help="Find the neurons that track a property.")
@click.argument("properties", nargs=-1, metavar="[PROPERTY]...")
@model_option
@layer_option
@quantity_option
@data_options
@click.option(
    "--words", default=20_000, show_default=True, type=click.IntRange(min=1), help="About how many words to read."
)
@click.option("-k", default=3, show_default=True, type=click.IntRange(min=1), help="How many neurons of each, in JSON.")
@click.option(
    "--shuffles",
    default=300,
    show_default=True,
    type=click.IntRange(min=100),
    help="How many shuffles show what chance reaches; p is never below one divided by this.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the shuffles.")
@json_option
def track(
    properties: tuple[str, ...],
    model: str,
    layer: str | None,
    quantity: str,
    k: int,
    shuffles: int,
    seed: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Find the neurons of a layer that track a property of the text best; without PROPERTY, all properties.

    The properties are brackets, title, quotation, position, remaining, elapsed, answer, speaker, latin and
    number. A neuron's score is the correlation of its values with the property; the layer's score is that of a linear
    probe on all its neurons. Both are measured on dialogs that neither chose the neuron nor fitted the probe. Beside
    them is what chance reaches in one of twenty shuffles of the property, and p, how often shuffles do as well.

    \b
    seqchat neurons track
    seqchat neurons track position number --layer 1
    seqchat neurons track brackets quotation --data my_chats.jsonl
    """
    from seqchat.completion.engine import Engine
    from seqchat.insight.neurons.properties import find_properties
    from seqchat.insight.neurons.tracking import track as score

    wanted, engine = find_properties(properties), Engine.load(model)
    name = layer_name(engine, layer, quantity)
    with status() as show:
        sample = sample_of(engine, layer, quantity, show, **options)
        show("Shuffling the properties")
        found = score(sample, wanted, best=k, shuffles=shuffles, seed=seed)
    if as_json:
        counts = {"dialogs": len(sample.dialogs), "words": len(sample.states), "shuffles": shuffles}
        print_json({"layer": name, "quantity": quantity, **counts, "properties": _tracking_json(found)})
        return
    from seqchat.cli.neuron_tables import tracking_text

    click.echo(tracking_text(f"{engine.name}, layer {name}, {quantity}", sample, found))


neurons.add_command(match)
neurons.add_command(groups)


def _tracking_json(found: list[Tracking]) -> list[dict[str, Any]]:
    return [{**asdict(tracking), "verdict": tracking.verdict} for tracking in found]


def _draw(found: NeuronActivations, title: str, out: Path) -> None:
    from seqchat.cli import neuron_drawing
    from seqchat.files import write_file

    draw = neuron_drawing.svg if out.suffix.lower() == ".svg" else neuron_drawing.html
    write_file(out, draw(found, title))
    click.echo(f"{out} is written.", err=True)
