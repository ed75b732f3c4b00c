"""``seqchat probe``: hold gates or swap words, and see what changes against the untouched run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.options import json_option, model_option, precision_option, print_json
from seqchat.errors import SeqchatError

if TYPE_CHECKING:
    from seqchat.insight.holds import GateHold
    from seqchat.insight.run_comparison import Comparison
    from seqchat.insight.splits import LogitComparison
    from seqchat.insight.swaps import Swap
    from seqchat.model.output import Precision

# How many neurons are named of each kind.
_HALF = "This model also reads the text right of a gap; all of this is its half that reads from the left."
_NEURONS = 5


class ParsedOption(click.ParamType[Any]):
    """Something written in a notation of its own; whether the model has it is checked later."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        """parse: raises `SeqchatError` for what is written otherwise."""
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text; a mistake in it is wrong usage."""
        try:
            return self._parse(value)
        except SeqchatError as error:
            self.fail(str(error), param, ctx)


def _hold(text: str) -> GateHold:
    from seqchat.insight.holds import GateHold

    return GateHold.parse(text)


def _swap(text: str) -> Swap:
    from seqchat.insight.swaps import Swap

    return Swap.parse(text)


@click.command(short_help="Hold gates or swap words, and see what changes.")
@click.argument("text")
@model_option
@click.option(
    "--hold",
    "holds",
    multiple=True,
    type=ParsedOption("hold", _hold),
    metavar="GATE=VALUE[@LAYER][:nN,wN]",
    help="Hold a gate at a value, in one layer or all, for some neurons n (from 0) or all, from word w (from 1).",
)
@click.option(
    "--swap",
    "swaps",
    multiple=True,
    type=ParsedOption("swap", _swap),
    metavar="OLD=NEW[@N]",
    help="Read NEW wherever the text has OLD, or only where OLD begins as word N.",
)
@click.option("--why", metavar="WORD", help="Split the logit of this next word into the parts of the neurons.")
@click.option("--rather-than", metavar="WORD", help="With --why: split the difference to this word's logit.")
@click.option("-k", default=9, show_default=True, type=click.IntRange(min=1), help="How many suggestions to show.")
@click.option("--last", type=click.IntRange(min=1), help="Show only the last words.")
@precision_option
@json_option
def probe(
    text: str,
    model: str,
    holds: tuple[GateHold, ...],
    swaps: tuple[Swap, ...],
    why: str | None,
    rather_than: str | None,
    k: int,
    last: int | None,
    precision: Precision,
    as_json: bool,
) -> None:
    """Read TEXT twice, once with gates held or words swapped, and show both runs side by side.

    Gates and states depend on the model's cell, such as forget and cell in an LSTM; 'seqchat inspect' shows their
    names. Suggestions are the network's own for a whole next word, without the memory of earlier text; of a model
    that also reads the text right of a gap, they are those of its half that reads from the left.

    \b
    seqchat probe 小帅是一名程序员，他每天都加班 --hold forget=0@1
    seqchat probe 小帅是一名程序员，他每天都加班 --hold forget=1@1:n5,n17,w3 --hold input=0
    seqchat probe 小帅是一名程序员，他每天都加班 --swap 小帅=小美 --swap 他=她
    seqchat probe 我想去北 --why 京 --rather-than 方
    """
    changes = bool(holds or swaps)
    _check(changes, why, rather_than)
    from seqchat.completion.engine import Engine
    from seqchat.insight.intervention import Intervention, compare
    from seqchat.insight.splits import compare_logits

    engine = Engine.load(model, precision)
    intervention = Intervention(holds, swaps)
    found = compare(engine, text, intervention, k, last=last, max_top_changes=_NEURONS)
    logits = compare_logits(engine, found.untouched.node, found.changed.node, why, rather_than) if why else None
    if as_json:
        from seqchat.insight.export.comparisons import comparison_document

        print_json(comparison_document(text, intervention, found, logits, _NEURONS))
    else:
        _print(found, logits, both=changes)
        if engine.reads_both_sides:
            click.echo(f"\n{_HALF}")


def _check(changes: bool, why: str | None, rather_than: str | None) -> None:
    if not (changes or why):
        raise click.UsageError("There is nothing to change or to explain. Give --hold, --swap or --why.")
    if rather_than and not why:
        raise click.UsageError("--rather-than needs --why, the word to compare with.")


def _print(comparison: Comparison, logits: LogitComparison | None, *, both: bool) -> None:
    from seqchat.cli.probe_tables import comparison_text, logits_text, substitutes_text

    parts = [substitutes_text(comparison)]
    if both:
        parts.append(comparison_text(comparison))
    if logits is not None:
        parts.append(logits_text(logits, _NEURONS, both=both))
    click.echo("\n\n".join(filter(None, parts)))
