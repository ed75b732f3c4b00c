"""``seqchat neurons match`` and ``groups``: neurons that are on together, in a corpus."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

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
from seqchat.cli.options import json_option, model_option, print_json
from seqchat.wording import counted

_seed_option = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the shuffles."
)


@click.command(short_help="Find passages with the same neurons on.")
@click.argument("text")
@model_option
@layer_option
@quantity_option
@click.option("--span", metavar="FIRST:LAST", help="Words of TEXT, from 1, such as 3:6  [the last three]")
@click.option(
    "--threshold",
    type=click.FloatRange(min=0, min_open=True),
    help="From which value on a neuron is on  [an open gate 0.9, all else half of its 95th percentile]",
)
@data_options
@click.option("-k", default=10, show_default=True, type=click.IntRange(min=1), help="How many passages.")
@click.option(
    "--around", default=8, show_default=True, type=click.IntRange(min=0), help="How many words to show on each side."
)
@click.option(
    "--shuffles", default=100, show_default=True, type=click.IntRange(min=20), help="How many shuffles show chance."
)
@_seed_option
@json_option
def match(
    text: str,
    model: str,
    layer: str | None,
    quantity: str,
    span: str | None,
    threshold: float | None,
    k: int,
    around: int,
    shuffles: int,
    seed: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Find passages whose states share most of the neurons that are on during a span of TEXT.

    A neuron is on while its value is at least the threshold; a signed value is also on while it is at most minus the
    threshold, and both ends are told apart. Neurons count that are on at every word of the span. Passages are as long
    as the span. Beside each stands how many passages share as many neurons, and how many do by chance: in shuffles in
    which each neuron's course is rotated by itself, neurons are on as often and as long, but not together.

    \b
    seqchat neurons match '你知道《恋恋笔记本》吗？' --span 3:5
    seqchat neurons match 小帅是一名程序员，他每天都加班 --span 3:6 --quantity cell --data my_chats.jsonl
    seqchat neurons match 我想去北京 --threshold 0.3 -k 20 --json
    """
    from seqchat.completion.engine import Engine
    from seqchat.insight.neurons.matches import find_matches
    from seqchat.insight.neurons.patterns import Span, read_text

    wanted, engine = Span.parse(span) if span is not None else None, Engine.load(model)
    read = read_text(engine, text, layer, quantity)
    pattern = read.pattern(wanted or read.last_words(), read.usual if threshold is None else threshold)
    with status() as show:
        found = find_matches(
            engine,
            dialogs_of(**options),
            pattern,
            k=k,
            around=around,
            shuffles=shuffles,
            seed=seed,
            progress=lambda dialogs, words: show(f"{counted(dialogs, 'dialog')}, {counted(words, 'word')}"),
        )
    if as_json:
        print_json(asdict(found))
    else:
        from seqchat.cli.neuron_tables import print_matches

        print_matches(engine.name, found)


@click.command(short_help="Find groups of neurons that move together.")
@model_option
@layer_option
@quantity_option
@data_options
@click.option(
    "--words", default=10_000, show_default=True, type=click.IntRange(min=1), help="About how many words to read."
)
@click.option(
    "--least",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Join neurons while their mean correlation is at least this, and more than chance reaches.",
)
@click.option(
    "--shuffles", default=50, show_default=True, type=click.IntRange(min=20), help="How many shuffles show chance."
)
@_seed_option
@json_option
def groups(
    model: str, layer: str | None, quantity: str, least: float, shuffles: int, seed: int, as_json: bool, **options: Any
) -> None:
    """Find groups of neurons of a layer whose values rise and fall together, or in opposite directions.

    They come from clustering by the correlation within dialogs. Beside them is what chance reaches: how closely even
    the closest two neurons of the layer move together if each neuron's course is rotated by itself.

    \b
    seqchat neurons groups
    seqchat neurons groups -m lesson-lstm --quantity cell --least 0.6
    """
    from seqchat.completion.engine import Engine
    from seqchat.insight.neurons.groups import find_groups

    engine = Engine.load(model)
    name = layer_name(engine, layer, quantity)
    with status() as show:
        sample = sample_of(engine, layer, quantity, show, **options)
        show("Shuffling the neurons")
        found = find_groups(sample, engine.vocabulary, least=least, shuffles=shuffles, seed=seed)
    if as_json:
        print_json({"layer": name, "quantity": quantity, **asdict(found)})
    else:
        from seqchat.cli.neuron_tables import groups_text

        click.echo(groups_text(f"{engine.name}, layer {name}, {quantity}", found))
