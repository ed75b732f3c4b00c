"""What `seqchat neurons` prints: contexts, what neurons track, passages that share a pattern, and groups."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from seqchat.insight.neurons.contexts import NeuronContext, NeuronContexts
from seqchat.insight.neurons.groups import NeuronGroup, NeuronGroups
from seqchat.insight.neurons.matches import Matches
from seqchat.insight.neurons.patterns import Pattern
from seqchat.insight.neurons.sample import Sample
from seqchat.insight.neurons.tracking import CorrelationScore, Tracking
from seqchat.wording import counted

_TURN = "⏎"


def print_contexts(found: NeuronContexts, neuron: int) -> None:
    """Print where a neuron is highest and lowest, one line for each context."""
    console = Console(highlight=False)
    for title, ranked in (("highest", found.highest), ("lowest", found.lowest)):
        text = f"{counted(found.words, 'word')} of {counted(found.dialogs, 'dialog')}"
        click.echo(f"Neuron {neuron} is {title}, among {text}:")
        for context in ranked:
            console.print(_context_line(context, console.width), soft_wrap=True)
        click.echo()


def _context_line(context: NeuronContext, width: int) -> Text:
    return _in_the_middle(f"{context.value:+.3f} ", context.before, context.word, context.after, width)


def _in_the_middle(number: str, before: str, chosen: str, after: str, width: int) -> Text:
    """Return a line with a number and a text, of which what was chosen starts in the middle of the terminal."""
    before, chosen, after = (text.replace("\n", _TURN) for text in (before, chosen, after))
    room = max(width - 8, 20) // 2 + 7 - len(number)
    while cell_len(before) > room - 3:
        before = before[1:]
    line = Text(number)
    line.append(f"{' ' * (room - 3 - cell_len(before))}{before} ", "dim")
    line.append(f"[{chosen}]", "bold")
    left = width - line.cell_len
    line.append(after if cell_len(after) <= left else set_cell_size(after, max(left, 0)), "dim")
    return line


def print_matches(model: str, found: Matches) -> None:
    """Print a pattern, and the passages that share most of it, one line for each."""
    console, pattern = Console(highlight=False), found.pattern
    said = f"words {pattern.span} {' '.join(pattern.words)}"
    click.echo(f"{model}, layer {pattern.layer}, {pattern.quantity}, {said}")
    click.echo(
        f"{counted(pattern.size, 'neuron')} at {_on(pattern)} throughout: {_numbers(pattern.high, pattern.low)}\n"
    )
    click.echo(f"{counted(found.passages, 'passage')} of {counted(found.dialogs, 'dialog')}:")
    click.echo(f"{'shared':<8}{'passages':>9}{'by chance':>11}")
    for each in found.found:
        share = f"{each.shared}/{pattern.size}"
        number = f"{share:<8}{each.passages:>9,}{_count(each.by_chance):>11} "
        console.print(_in_the_middle(number, each.before, each.text, each.after, console.width), soft_wrap=True)
    click.echo(
        f"\n'passages' counts those that share as many or more; 'by chance' is how many do if\n"
        f"each neuron's course is rotated by itself, the mean of {counted(found.shuffles, 'shuffle')}. In one of\n"
        f"twenty, the best passage shares {found.chance} or more."
    )


def _on(pattern: Pattern) -> str:
    return f"{pattern.threshold:g} or more" + (f", or −{pattern.threshold:g} or less," if pattern.signed else "")


def _numbers(high: Sequence[int], low: Sequence[int]) -> str:
    return " ".join([*map(str, high), *(f"−{neuron}" for neuron in low)])


def _count(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2f}"


def groups_text(title: str, found: NeuronGroups) -> str:
    """Return two lines for each group: its neurons, and the words at which it is furthest in either direction."""
    text = f"{counted(found.words, 'word')} of {counted(found.dialogs, 'dialog')}"
    lines = [
        f"{title}: {text}",
        f"{counted(len(found.found), 'group')} whose neurons correlate by {found.least:.2f} or more on average; of all "
        f"{found.neurons},\nthe closest two do by {found.closest:.2f}. By chance, with each neuron's course rotated by "
        f"itself,\neven the closest two reach {found.chance:.2f} in only one of twenty shuffles.\n",
        *map(_group, found.found),
    ]
    return "\n".join(lines)


def _group(group: NeuronGroup) -> str:
    at = f"highest at {' '.join(group.highest)}, lowest at {' '.join(group.lowest)}"
    return f"{group.correlation:.2f}  {_numbers(group.together, group.opposite)}\n      {at}"


def tracking_text(title: str, sample: Sample, found: Sequence[Tracking]) -> str:
    """Return a row for each property: the best neuron, all neurons together, and what chance reaches."""
    words, neurons = sample.states.shape
    scores = f"{'score':>7}{'chance':>7}{'p':>6}"
    text = f"{counted(words, 'word')} of {counted(len(sample.dialogs), 'dialog')}"
    lines = [
        f"{title}: {text}\n",
        f"{'':<12}{'best neuron':<25}all {neurons} together",
        f"{'property':<10}neuron{scores} {scores}",
        *map(_tracking_row, found),
        "\nA score is the correlation with the property on the half of the dialogs that\n"
        "neither chose the neuron nor fitted the linear probe on all together. With the\n"
        "property shuffled, the best neuron, and the probe, exceed 'chance' in one of\n"
        "twenty tries; p is the share of tries that do as well as the score.",
    ]
    return "\n".join(lines)


def _tracking_row(tracking: Tracking) -> str:
    cells = f"{'–':>6}{_scores(None, None)} {_scores(None, None)}"
    if tracking.neurons:
        first = tracking.neurons[0]
        best = _scores(first, tracking.neuron_chance)
        cells = f"{first.neuron:>6}{best} {_scores(tracking.probe, tracking.probe_chance)}"
    return f"{tracking.name:<10}{cells}  {tracking.verdict}"


def _scores(score: CorrelationScore | None, chance: float | None) -> str:
    if score is None:
        return f"{'–':>7}{'–':>7}{'–':>6}"
    return f"{score.correlation:>+7.2f}{chance:>7.2f}{score.p:>6.3f}"
