"""What `seqchat neurons` prints: the contexts of a neuron, and how neurons track properties."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from seqchat.insight.neurons.contexts import NeuronContext, NeuronContexts
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
    """Return a line with the word in the middle of the terminal."""
    room = max(width - 8, 20) // 2
    before = context.before.replace("\n", _TURN)
    while cell_len(before) > room - 3:
        before = before[1:]
    word = _TURN if context.word == "\n" else context.word
    after = context.after.replace("\n", _TURN)
    line = Text(f"{context.value:+.3f} ")
    line.append(f"{' ' * (room - 3 - cell_len(before))}{before} ", "dim")
    line.append(f"[{word}]", "bold")
    left = width - line.cell_len
    line.append(after if cell_len(after) <= left else set_cell_size(after, max(left, 0)), "dim")
    return line


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
