"""A pattern of neurons, and what was found of it, as styled text; independent of widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from seqchat.tui.language import in_use, say
from seqchat.tui.pattern_choice import PatternChoice

if TYPE_CHECKING:
    from seqchat.insight.neurons.groups import NeuronGroup, NeuronGroups
    from seqchat.insight.neurons.matches import Match, Matches

# Cells of a number, and of the text before what was found
_NUMBER, _BEFORE = 10, 18
_TURN = "⏎"
# What is said of each passage
COLUMNS = ("shared", "passages", "by chance")


def words(choice: PatternChoice, width: int) -> Content:
    """Show the chosen words, and as many around them as there is room for."""
    all_words, first, last = choice.read.words, choice.first, choice.last
    room = width - sum(cell_len(word) + 1 for word in all_words[first : last + 1])
    start, end = first, last
    while room > 0 and (start > 0 or end + 1 < len(all_words)):
        left = start > 0 and (first - start <= end - last or end + 1 == len(all_words))
        room -= cell_len(all_words[start - 1 if left else end + 1]) + 1
        if room > 0:
            start, end = (start - 1, end) if left else (start, end + 1)
    before, chosen, after = all_words[start:first], all_words[first : last + 1], all_words[last + 1 : end + 1]
    return Content.assemble(
        " ".join(before) + " " * bool(before), (" ".join(chosen), "bold reverse"), " " + " ".join(after)
    )


def neurons(choice: PatternChoice) -> Content:
    """Say from when on a neuron is on, and which are on throughout the chosen words."""
    pattern = choice.pattern
    gate = choice.read.gate
    name = f"{gate.symbol} · {gate.chinese if in_use() == 'zh' else gate.english}"
    sign = "±" if pattern.signed else "≥ "
    said = say("threshold {value}: {count} neurons are on", value=f"{sign}{pattern.threshold:g}", count=pattern.size)
    numbers = signed_numbers(pattern.high, pattern.low)
    return Content.assemble((name, "bold"), f"  {said}  ", (numbers, "$text-muted"))


def signed_numbers(high: Sequence[int], low: Sequence[int]) -> str:
    """Write numbers of neurons, a minus before those that are low or move in the opposite direction."""
    return " ".join([*map(str, high), *(f"−{neuron}" for neuron in low)])


def found(result: Matches | NeuronGroups, width: int) -> Content:
    """Write what a search has found."""
    from seqchat.insight.neurons.matches import Matches

    return matches(result, width) if isinstance(result, Matches) else groups(result)


def matches(found: Matches, width: int) -> Content:
    """Write the passages that share most of a pattern, a line for each, and what chance reaches."""
    heading = "".join(_right(say(column)) for column in COLUMNS)
    lines = [
        Content(
            say(
                "{passages:,} passages of {dialogs} dialogs of the sample were compared.",
                passages=found.passages,
                dialogs=found.dialogs,
            )
        ),
        Content.styled(heading, "$text-muted"),
        *(_match(each, found.pattern.size, width) for each in found.found),
        Content(""),
        Content.styled(
            say(
                "“passages” counts those that share as many or more; “by chance” is how many do if the course of each "
                "neuron is rotated by itself. In one of twenty shuffles, the best passage shares {chance} or more.",
                chance=found.chance,
            ),
            "$text-muted",
        ),
    ]
    return Content("\n").join(lines)


def _match(match: Match, size: int, width: int) -> Content:
    by_chance = f"{match.by_chance:,.0f}" if match.by_chance >= 10 else f"{match.by_chance:.2f}"
    numbers = "".join(map(_right, (f"{match.shared}/{size}", f"{match.passages:,}", by_chance)))
    before, text, after = (part.replace("\n", _TURN) for part in (match.before, match.text, match.after))
    while cell_len(before) > _BEFORE:
        before = before[1:]
    room = width - cell_len(numbers) - _BEFORE - 2 - cell_len(text)
    after = after if cell_len(after) <= room else set_cell_size(after, max(room, 0))
    # One that is better than nearly all shuffles stands out.
    return Content.assemble(
        (numbers, "bold" if match.by_chance < match.passages / 10 else ""),
        (f"  {' ' * (_BEFORE - cell_len(before))}{before}", "$text-muted"),
        (text, "bold $accent"),
        (after, "$text-muted"),
    )


def groups(found: NeuronGroups) -> Content:
    """Write the groups of neurons that move together, and how closely neurons do by chance."""
    lines = [
        Content(
            say(
                "{count} groups of neurons correlate by {least:.2f} or more on average, over {words:,} words of the "
                "sample. By chance, the closest two of all {neurons} reach {chance:.2f} in one of twenty shuffles.",
                count=len(found.found),
                least=found.least,
                words=found.words,
                neurons=found.neurons,
                chance=found.chance,
            )
        ),
        *(line for group in found.found for line in _group(group)),
    ]
    return Content("\n").join(lines)


def _group(group: NeuronGroup) -> list[Content]:
    numbers = signed_numbers(group.together, group.opposite)
    at = say("highest at {high}, lowest at {low}", high=" ".join(group.highest), low=" ".join(group.lowest))
    return [
        Content.assemble((f"{group.correlation:.2f}  ", "bold"), numbers),
        Content.styled(f"      {at}", "$text-muted"),
    ]


def _right(text: str) -> str:
    return " " * (_NUMBER - cell_len(text)) + text
