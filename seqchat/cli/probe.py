"""``seqchat probe``: hold gates or swap words, and see what changes against the untouched run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.options import json_option, model_option, precision_option, print_json
from seqchat.cli.tables import aligned
from seqchat.errors import SeqchatError

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.insight.holds import GateHold
    from seqchat.insight.intervention import Intervention
    from seqchat.insight.run_comparison import Comparison
    from seqchat.insight.splits import Contribution, LogitSplit
    from seqchat.insight.swaps import Swap
    from seqchat.model.output import Precision

# So many neurons are named where some stand for all.
_NEURONS = 5


class HoldOption(click.ParamType["GateHold"]):
    """A gate and the value it is held at."""

    name = "hold"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> GateHold:
        """Read the text; whether the model has such a gate is seen later."""
        from seqchat.insight.holds import GateHold

        try:
            return GateHold.parse(value)
        except SeqchatError as error:
            self.fail(str(error), param, ctx)


class SwapOption(click.ParamType["Swap"]):
    """A word and the one that is read instead."""

    name = "swap"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Swap:
        """Read the text; whether the word occurs is seen later."""
        from seqchat.insight.swaps import Swap

        try:
            return Swap.parse(value)
        except SeqchatError as error:
            self.fail(str(error), param, ctx)


@click.command(short_help="Hold gates or swap words, and see what changes.")
@click.argument("text")
@model_option
@click.option(
    "--hold",
    "holds",
    multiple=True,
    type=HoldOption(),
    metavar="GATE=VALUE[@LAYER][:nN,wN]",
    help="Hold a gate at a value, in one layer or all, of neurons n (from 0) or all, from word w (from 1) on.",
)
@click.option(
    "--swap",
    "swaps",
    multiple=True,
    type=SwapOption(),
    metavar="OLD=NEW[@N]",
    help="Read another word wherever OLD stands, or where it begins as word N.",
)
@click.option("--why", metavar="WORD", help="Split the logit of this next word into the neurons' parts.")
@click.option("--rather-than", metavar="WORD", help="With --why: split the difference to this word's logit.")
@click.option("-k", default=9, show_default=True, type=click.IntRange(min=1), help="How many suggestions.")
@click.option("--last", type=click.IntRange(min=1), help="Show the last words alone.")
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

    Gates of an LSTM: input, forget, candidate, output, cell, hidden; of a GRU: reset, update, candidate, hidden; of an
    RNN: hidden. Suggestions are the network's own for a whole next word, without the memory of what was written.

    \b
    seqchat probe 小帅是一名程序员，他每天都加班 --hold forget=0@1
    seqchat probe 小帅是一名程序员，他每天都加班 --hold forget=1@1:n5,n17,w3 --hold input=0
    seqchat probe 小帅是一名程序员，他每天都加班 --swap 小帅=小美 --swap 他=她
    seqchat probe 我想去北 --why 京 --rather-than 方
    """
    if not (holds or swaps or why):
        raise click.UsageError("There is nothing to change or to explain; give --hold, --swap or --why.")
    if rather_than and not why:
        raise click.UsageError("--rather-than needs --why: the word that it is compared with.")
    from seqchat.completion.engine import Engine
    from seqchat.insight.intervention import Intervention, compare

    engine = Engine.load(model, precision)
    intervention = Intervention(holds, swaps)
    comparison = compare(engine, text, intervention, k, last=last, max_top_changes=_NEURONS)
    reasons = _Reasons(engine, comparison, why, rather_than) if why else None
    if as_json:
        print_json(_document(text, intervention, comparison, reasons))
        return
    parts = [_flags(comparison)]
    if holds or swaps:
        parts += [_suggestions(comparison), _words(comparison), _top_changes(comparison)]
    if reasons:
        parts.append(reasons.text(both=bool(holds or swaps)))
    click.echo("\n\n".join(part for part in parts if part))


class _Reasons:
    """The splits of one logit, or of a difference, in both runs."""

    def __init__(self, engine: Engine, comparison: Comparison, word: str, rather_than: str | None) -> None:
        from seqchat.insight.gates import top_changes
        from seqchat.insight.splits import find_word, logit_split

        node = comparison.untouched.node
        self._word, self._other = word, rather_than
        ids = (find_word(engine, node, word), find_word(engine, node, rather_than) if rather_than else None)
        self._untouched = logit_split(engine, node, *ids)
        self._changed = logit_split(engine, comparison.changed.node, *ids)
        parts = [split.contributions.astype("float32") for split in (self._untouched, self._changed)]
        self._moved = [index for index, _ in top_changes(parts[0], parts[1], _NEURONS)]

    def document(self) -> dict[str, Any]:
        """Return the splits as JSON values."""
        moved = [(self._untouched.contribution(index), self._changed.contribution(index)) for index in self._moved]
        return {
            "word": self._word,
            "rather_than": self._other,
            "untouched": _split_json(self._untouched),
            "changed": _split_json(self._changed),
            "moved": [
                {"layer": a.layer, "neuron": a.neuron, "untouched": a.value, "changed": b.value} for a, b in moved
            ],
        }

    def text(self, *, both: bool) -> str:
        """Return the neurons that say most, in the untouched run alone or in both."""
        raising, lowering = self._untouched.strongest(_NEURONS)
        groups = [("for it", [part.position for part in raising]), ("against it", [part.position for part in lowering])]
        if both:
            groups.append(("moved most", self._moved))
        splits = [self._untouched, self._changed][: 1 + both]
        rows = [["", "neuron", *("untouched", "changed")[: 1 + both]]]
        for title, indices in groups:
            for number, index in enumerate(indices):
                found = [split.contribution(index) for split in splits]
                name = f"layer {found[0].layer} n{found[0].neuron}"
                rows.append(["" if number else title, name, *(f"{part.value:+.3f}" for part in found)])
        rows.append(["bias", "", *(f"{split.bias:+.3f}" for split in splits)])
        rows.append(
            ["sum", f"all {len(self._untouched.hidden)} and bias", *(f"{split.total:+.3f}" for split in splits)]
        )
        what = f"Why {self._word} rather than {self._other}, as" if self._other else f"Why {self._word}, as"
        return f"{what} parts of the logit{' difference' if self._other else ''}:\n{aligned(rows, range(2))}"


def _split_json(split: LogitSplit) -> dict[str, Any]:
    raising, lowering = split.strongest(_NEURONS)
    return {
        "logit": split.total,
        "bias": split.bias,
        "raising": [_contribution_json(part) for part in raising],
        "lowering": [_contribution_json(part) for part in lowering],
    }


def _contribution_json(part: Contribution) -> dict[str, Any]:
    return {"layer": part.layer, "neuron": part.neuron, "activation": part.activation, "contribution": part.value}


def _document(
    text: str, intervention: Intervention, comparison: Comparison, reasons: _Reasons | None
) -> dict[str, Any]:
    runs = {"untouched": comparison.untouched, "changed": comparison.changed}
    return {
        "text": text,
        **asdict(intervention),
        **{
            name: {
                "first": _first(comparison, name),
                "words": run.words,
                "suggestions": [
                    {"word": c.word, "untouched": c.untouched, "changed": c.changed} for c in run.suggestions
                ],
            }
            for name, run in runs.items()
        },
        "bits": comparison.bits,
        "state": comparison.state,
        "columns": comparison.columns,
        "layers": [
            {
                "name": name,
                "distance": comparison.distance[k].tolist(),
                "cosine": [None if math.isnan(value) else value for value in comparison.cosine[k].tolist()],
                "movers": [
                    {"neuron": neuron, "untouched": before, "changed": now}
                    for neuron, before, now in _moved(comparison, k)
                ],
            }
            for k, name in enumerate(comparison.untouched.trace.names)
        ],
        "substitutes": comparison.substitutes,
        "text_substitutes": comparison.text_substitutes,
        "why": reasons.document() if reasons else None,
    }


def _first(comparison: Comparison, name: str) -> int:
    """Return the position of the first word that is shown of a run."""
    run = getattr(comparison, name)
    first: int = run.node.depth + 1 - len(run.words)
    return first


def _flags(comparison: Comparison) -> str:
    """Return which words are outside of the vocabulary, and what is read instead."""
    missing = comparison.text_substitutes | comparison.substitutes
    if not missing:
        return ""
    read = "; ".join(f"{word} is read as {' '.join(instead)}" for word, instead in missing.items())
    return f"Outside of the vocabulary: {read}."


def _suggestions(comparison: Comparison) -> str:
    rows = [["", "untouched run", "", "changed run", ""]]
    pairs = zip(comparison.untouched.suggestions, comparison.changed.suggestions, strict=True)
    for number, chances in enumerate(pairs, 1):
        rows.append([str(number)])
        for chance in chances:
            rows[-1] += [chance.word, f"{chance.untouched:6.1%} → {chance.changed:6.1%}"]
    return (
        f"The next word, untouched → changed:\n{aligned(rows, range(4))}\n"
        f"The changed distribution is {comparison.bits:.3f} bits from the untouched one (Kullback-Leibler)."
    )


def _words(comparison: Comparison) -> str:
    """Return a row for each word, with how far the states of the runs are apart."""
    names = comparison.untouched.trace.names
    rows = [["", "untouched", "changed", *(text for name in names for text in (f"layer {name}", "cosine"))]]
    for column, changed, pair in _aligned(comparison):
        position = "" if column is None else str(_first(comparison, "untouched") + column)
        row = [position]
        row.append("" if column is None else comparison.untouched.words[column])
        row.append("" if changed is None else comparison.changed.words[changed])
        for k in range(len(names)):
            row += ["", ""] if pair is None else _distance(comparison, k, pair)
        rows.append(row)
    return f"How far the {comparison.state} states are apart at each word:\n{aligned(rows, range(3))}"


def _distance(comparison: Comparison, layer: int, pair: int) -> list[str]:
    cosine = comparison.cosine[layer, pair]
    return [f"{comparison.distance[layer, pair]:.3f}", "–" if math.isnan(cosine) else f"{cosine:.3f}"]


def _aligned(comparison: Comparison) -> Iterator[tuple[int | None, int | None, int | None]]:
    """Yield the columns of both runs row by row, and the number of their pair; a word without a match is alone."""
    here = there = 0
    ends = (len(comparison.untouched.words), len(comparison.changed.words))
    for pair, (column, changed) in enumerate([*comparison.columns, ends]):
        yield from ((alone, None, None) for alone in range(here, column))
        yield from ((None, alone, None) for alone in range(there, changed))
        if pair < len(comparison.columns):
            yield column, changed, pair
        here, there = column + 1, changed + 1


def _top_changes(comparison: Comparison) -> str:
    rows = []
    for k, name in enumerate(comparison.untouched.trace.names):
        neurons = [f"n{neuron} {before:+.2f} → {now:+.2f}" for neuron, before, now in _moved(comparison, k)]
        rows.append([f"layer {name}", *neurons])
    table = aligned(rows, range(len(rows[0])))
    return f"Neurons of the {comparison.state} state that differ most at the last word:\n{table}"


def _moved(comparison: Comparison, layer: int) -> list[tuple[int, float, float]]:
    """Return the neurons that differ most at the last word, with their values in both runs."""
    values = [run.trace.layers[layer][comparison.state][-1] for run in (comparison.untouched, comparison.changed)]
    return [(neuron, float(values[0][neuron]), float(values[1][neuron])) for neuron, _ in comparison.top_changes[layer]]
