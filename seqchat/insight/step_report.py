"""A step that was opened, in formulas and lines of text, for the command line and the app alike.

Whatever is said goes through a function that translates English texts and puts values in; `TEXTS` holds all of them.
Numbers are rounded so that those that are added up give the sum that is shown: some are rounded to the other side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from seqchat.insight.step import OpenedStep, Standing, WordPart
from seqchat.model.cells.opening import OpenedAddend, OpenedGate
from seqchat.wording import Say, plain

_SHORT, _LONG = 2, 4  # decimals
# How many neurons and words are named.
NAMED = 5

_STANDING = "{word}: higher than {share:.0%} of the {words:,} most frequent words"
_HIGHEST, _LOWEST = "highest: {words}", "lowest: {words}"
_NEURON = "neuron {neuron}"
_LAYER_NEURON = "layer {layer}, neuron {neuron}"
_OTHER_NEURONS = "{count} other neurons"
_START = "the state before the first word is 0"
_SUM = "sum"
_WORDS = "the same, as what is left of what each word wrote:"
_OTHER_WORDS = "{count} other words"
TEXTS = (_STANDING, _HIGHEST, _LOWEST, _NEURON, _LAYER_NEURON, _OTHER_NEURONS, _START, _SUM, _WORDS, _OTHER_WORDS)


class Line(NamedTuple):
    """A number, what it is, and where it comes from: an addend, a part of one, a sum, or a remark without a number."""

    number: str
    what: str
    note: str = ""
    kind: Literal["addend", "part", "sum", "remark"] = "addend"


def balanced(values: Sequence[float], decimals: int) -> list[float]:
    """Round numbers down or up so that they add up to their rounded sum; those nearest to the next one go up."""
    scale = 10**decimals
    floors = [math.floor(value * scale) for value in values]
    missing = round(math.fsum(values) * scale) - sum(floors)
    nearest = sorted(range(len(floors)), key=lambda i: floors[i] - values[i] * scale)
    for i in nearest[:missing]:
        floors[i] += 1
    return [floor / scale for floor in floors]


def number(value: float, decimals: int = _LONG) -> str:
    """Write a number with a fixed number of decimals, and a minus sign; a zero has none."""
    text = f"{value:.{decimals}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


# --- formulas


def formula(step: OpenedStep, opened: OpenedGate) -> str:
    """Return a gate's formula with its numbers: ``f[113] = σ(W·x −1.32 + U·h 2.08 + b 0.41) = σ(1.17) = 0.76``."""
    head = f"{opened.gate.symbol}[{step.neuron}] = "
    result = number(opened.value, _SHORT)
    if opened.activation:
        total = number(opened.total, _SHORT)
        return f"{head}{opened.activation}({_sum(opened.addends)}) = {opened.activation}({total}) = {result}"
    symbols = " + ".join(step.symbol(addend).replace(" · ", "·") for addend in opened.addends)
    factors = " + ".join("·".join(_in_product(value) for _, value in addend.factors) for addend in opened.addends)
    parts = [symbols, factors]
    if len(opened.addends) > 1:
        parts.append(_added([addend.value for addend in opened.addends]))
    return head + " = ".join([*parts, result])


def _sum(addends: Sequence[OpenedAddend]) -> str:
    """Write the addends of a gate, biases joined; those that a gate multiplies are in brackets after it."""
    free = _joined([addend for addend in addends if not addend.factors])
    held = [addend for addend in addends if addend.factors]
    if not held:
        return _named(free)
    *numbers, _ = balanced([*free.values(), math.fsum(addend.value for addend in held)], _SHORT)
    factor = number(held[0].factors[0][1], _SHORT)
    return f"{_named(dict(zip(free, numbers, strict=True)))} + {factor}·({_named(_joined(held))})"


def _joined(addends: Sequence[OpenedAddend]) -> dict[str, float]:
    """Return the terms of addends by what they are: of the word, of the state before, and the biases together."""
    names = {"x": "W·x", "h": "U·h", None: "b"}
    sums: dict[str, float] = {}
    for addend in addends:
        name = names[addend.reads]
        sums[name] = sums.get(name, 0.0) + (addend.term or 0.0)
    return sums


def _named(sums: Mapping[str, float]) -> str:
    """Write numbers with their names, rounded so that they add up to their sum."""
    numbers = balanced(list(sums.values()), _SHORT)
    return " + ".join(f"{name} {number(value, _SHORT)}" for name, value in zip(sums, numbers, strict=True))


def _in_product(value: float) -> str:
    text = number(value, _SHORT)
    return f"({text})" if text.startswith("−") else text


def _added(values: Sequence[float]) -> str:
    """Write a sum of numbers, with a minus sign for a plus and a negative number."""
    first, *others = balanced(values, _SHORT)
    return number(first, _SHORT) + "".join(
        f" {'−' if value < 0 else '+'} {number(abs(value), _SHORT)}" for value in others
    )


# --- lines


def lines(step: OpenedStep, opened: OpenedGate, *, say: Say = plain, named: int = NAMED) -> list[Line]:
    """Return all addends of a gate, what contributed most to each, the sum, and the words that wrote a state."""
    numbers = balanced([addend.value for addend in opened.addends], _LONG)
    found: list[Line] = []
    for addend, value in zip(opened.addends, numbers, strict=True):
        found.append(Line(number(value), step.symbol(addend), _note(step, opened, addend, say)))
        if addend.reads == "x" and opened.gate.name in step.standings:
            found += _extremes(step.standings[opened.gate.name], say)
        found += _sources(step, addend, value, say, named)
    total = number(opened.total)
    note = f"{opened.activation}({total}) = {number(opened.value)}" if opened.activation else opened.gate.symbol
    found.append(Line(total, say(_SUM), note, "sum"))
    if step.parts is not None and opened.gate.name == step.cell.kept_state and len(step.parts) > 1:
        found += _words(step.parts, say, named)
    return found


def _note(step: OpenedStep, opened: OpenedGate, addend: OpenedAddend, say: Say) -> str:
    factors = " · ".join(number(value) for _, value in addend.factors)
    if addend.factors:
        return factors if addend.term is None else f"{factors} · {number(addend.term)}"
    if addend.reads == "h" and step.previous is None:
        return say(_START)
    if addend.reads == "x" and opened.gate.name in step.standings:
        found = step.standings[opened.gate.name]
        return say(_STANDING, word=step.word, share=found.below, words=found.words)
    return ""


def _extremes(found: Standing, say: Say) -> list[Line]:
    """Return the words that would add most to the gate, and take most away."""
    return [
        Line("", say(text, words=", ".join(f"{word} {number(value, _SHORT)}" for word, value in words)), "", "remark")
        for text, words in ((_HIGHEST, found.highest), (_LOWEST, found.lowest))
    ]


def _sources(step: OpenedStep, addend: OpenedAddend, value: float, say: Say, named: int) -> list[Line]:
    """Return the neurons that contribute most to a row, and what all others do together."""
    strongest = step.strongest(addend, named)
    if not strongest or (addend.reads == "h" and step.previous is None):
        return []
    products = [source.product for source in strongest]
    # With what is left, the rounded parts add up to the number above them.
    *numbers, rest = balanced([*products, value - math.fsum(products)], _LONG)
    factors = "".join(f" · {number(factor)}" for _, factor in addend.factors)
    found = []
    for source, product in zip(strongest, numbers, strict=True):
        name = say(_NEURON if addend.reads == "h" else _LAYER_NEURON, layer=source.layer, neuron=source.neuron)
        note = f"{number(source.weight)} · {number(source.value)}{factors}"
        found.append(Line(number(product), name, note, "part"))
    others = len(addend.products) - len(strongest)
    return [*found, Line(number(rest), say(_OTHER_NEURONS, count=others), "", "part")] if others else found


def _words(parts: Sequence[WordPart], say: Say, named: int) -> list[Line]:
    """Return the words that wrote most of what a state holds, and what all others wrote together."""
    strongest = sorted(parts, key=lambda part: -abs(part.value))[:named]
    left = math.fsum(part.value for part in parts) - math.fsum(part.value for part in strongest)
    *numbers, rest = balanced([*(part.value for part in strongest), left], _LONG)
    found = [Line("", say(_WORDS), "", "remark")]
    found += [
        Line(number(value), f"{part.position} {part.word}", "", "part")
        for part, value in zip(strongest, numbers, strict=True)
    ]
    others = len(parts) - len(strongest)
    return [*found, Line(number(rest), say(_OTHER_WORDS, count=others), "", "part")] if others else found
