"""An experiment on a text: gates held, words swapped, and what to say about both runs; independent of widgets."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from seqchat.tui.language import say

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.insight.run_comparison import Comparison
    from seqchat.insight.splits import LogitSplit, StateSplit
    from seqchat.model.cells import Gate

_BETWEEN = re.compile(r"[\s;；、，]+")
_LAST_WORDS = 64
_MAX_TOP_CHANGES, _PARTS, _SUGGESTIONS = 6, 4, 6


class InterventionSetup(NamedTuple):
    """The content of the screen's fields: ``forget=0@1 input=1``, ``小帅=小美 他=她``."""

    holds: str = ""
    swaps: str = ""


class Outcome(NamedTuple):
    """Both runs, how their states changed at each word, and why each run's best word is probable.

    half: whether the model also reads the text right of a gap, with a half that the runs leave out.
    """

    cell: str
    gates: tuple[Gate, ...]
    comparison: Comparison
    splits: list[list[StateSplit]]
    reasons: list[LogitSplit]
    half: bool = False


def run(engine: Engine, text: str, setup: InterventionSetup) -> Outcome:
    """Run a text untouched and changed.

    Raises:
        SeqchatError: the fields hold something that cannot be done, or the text has no words.
    """
    from seqchat.errors import SeqchatError
    from seqchat.insight.holds import GateHold
    from seqchat.insight.intervention import Intervention, compare
    from seqchat.insight.splits import logit_split, state_splits
    from seqchat.insight.swaps import Swap

    holds = tuple(GateHold.parse(part) for part in _parts(setup.holds))
    swaps = tuple(Swap.parse(part) for part in _parts(setup.swaps))
    found = compare(
        engine, text, Intervention(holds, swaps), _SUGGESTIONS, last=_LAST_WORDS, max_top_changes=_MAX_TOP_CHANGES
    )
    runs = (found.untouched, found.changed)
    splits: list[list[StateSplit]] = []
    with suppress(SeqchatError):  # a window carries no state from word to word
        splits = [state_splits(engine, each.trace) for each in runs]
    reasons = [logit_split(engine, each.node, each.suggestions[0].word_id) for each in runs]
    cell = engine.network.cell
    return Outcome(cell.title, cell.gates, found, splits, reasons, engine.reads_both_sides)


def _parts(text: str) -> list[str]:
    return [part for part in _BETWEEN.split(text) if part]


def held_value(gate: Gate, value: int) -> float:
    """Return the values at which the keys 0 and 1 hold a gate: the lowest and the highest."""
    return gate.usual_high if value else max(gate.low, 0)


def with_hold(holds: str, gate: str, value: float, layer: str, neuron: int | None) -> str:
    """Return the holds with one more, which replaces one of the same gate, layer and neurons."""
    where = f"@{layer}" + ("" if neuron is None else f":n{neuron}")
    kept = [part for part in _parts(holds) if not (part.startswith(f"{gate}=") and part.endswith(where))]
    return " ".join([*kept, f"{gate}={value:g}{where}"])


def chances(outcome: Outcome, *, changed: bool) -> list[tuple[str, float, float]]:
    """Return the best words of a run, with their probabilities in the untouched and the changed one."""
    found = outcome.comparison.changed if changed else outcome.comparison.untouched
    return [(chance.word, chance.untouched, chance.changed) for chance in found.suggestions]


def facts(outcome: Outcome, layer: int, neuron: int, columns: tuple[int, int]) -> list[str]:
    """Describe in short lines how the runs differ.

    layer, neuron: which neuron's state is split; columns: at which word of the untouched and of the changed run.
    """
    found = outcome.comparison
    distance, cosine = found.distance[layer, -1], found.cosine[layer, -1]
    sign = next(gate.symbol for gate in outcome.gates if gate.name == found.state)
    lines = [
        say(
            "Next word: {bits:.3f} bits, KL(untouched ‖ changed). State {sign}: distance {distance:.2f}, "
            "cosine {cosine}.",
            bits=found.bits,
            sign=sign,
            distance=distance,
            cosine="–" if math.isnan(cosine) else f"{cosine:.3f}",
        )
    ]
    moved = "  ".join(f"n{number} {change:+.2f}" for number, change in found.top_changes[layer])
    lines.append(say("Moved most: {moved}", moved=moved))
    titles = (say("untouched"), say("changed"))
    for title, splits, column in zip(titles, outcome.splits, columns, strict=False):
        lines.append(f"{title}: {_split(splits[layer], sign, neuron, column)}")
    for each, reason in zip((found.untouched, found.changed), outcome.reasons, strict=True):
        lines.append(_why(each.suggestions[0].word, reason))
    if outcome.half:
        lines.append(
            say("This model also reads the text right of a gap; both runs are of its half that reads from the left.")
        )
    return lines + [_stands_in(word, pieces) for word, pieces in _missing(found).items()]


def _split(split: StateSplit, sign: str, neuron: int, column: int) -> str:
    """Write Δc = (f − 1)·c₋₁ + i·g with numbers."""
    values = [float(part[column, neuron]) for part in (split.change, split.forgotten, split.written, split.imposed)]
    if any(math.isnan(value) for value in values):
        return f"n{neuron} Δ{sign} –"
    change, forgotten, written, imposed = values
    text = say(
        "n{neuron} Δ{sign} {change:+.3f} = forgotten {forgotten:+.3f}, written {written:+.3f}",
        neuron=neuron,
        sign=sign,
        change=change,
        forgotten=forgotten,
        written=written,
    )
    return text + (say(", held {imposed:+.3f}", imposed=imposed) if abs(imposed) > 1e-5 else "")


def _why(word: str, split: LogitSplit) -> str:
    raising, lowering = split.strongest(_PARTS)
    parts = " ".join(f"n{part.neuron} {part.value:+.2f}" for part in [*raising, *lowering[:2]])
    return say(
        "{word}: logit {total:.2f} = {parts} … bias {bias:+.2f}",
        word=word,
        total=split.total,
        parts=parts,
        bias=split.bias,
    )


def _missing(found: Comparison) -> Mapping[str, list[str]]:
    return found.text_substitutes | found.substitutes


def _stands_in(word: str, pieces: list[str]) -> str:
    return say("{word} is not in the vocabulary and is read as {pieces}.", word=word, pieces=" ".join(pieces))
