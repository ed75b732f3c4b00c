"""What `seqchat probe` prints: two runs side by side, and the neurons' parts of a logit."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seqchat.cli.tables import aligned
from seqchat.insight.run_comparison import Comparison
from seqchat.insight.splits import LogitComparison
from seqchat.wording import percentage


def substitutes_text(comparison: Comparison) -> str:
    """Return which words are not in the vocabulary and what is read instead; empty if there are none."""
    missing = comparison.text_substitutes | comparison.substitutes
    if not missing:
        return ""
    read = "; ".join(f"{word} is read as {' '.join(instead)}" for word, instead in missing.items())
    return f"Not in the vocabulary: {read}."


def comparison_text(comparison: Comparison) -> str:
    """Return the next words, the distance of the states at each word, and the neurons that differ most."""
    return "\n\n".join([_suggestions(comparison), _words(comparison), _top_changes(comparison)])


def _suggestions(comparison: Comparison) -> str:
    rows = [["", "untouched run", "", "changed run", ""]]
    pairs = zip(comparison.untouched.suggestions, comparison.changed.suggestions, strict=True)
    for number, best in enumerate(pairs, 1):
        rows.append([str(number)])
        for word in best:
            rows[-1] += [word.word, f"{percentage(word.untouched):>6} → {percentage(word.changed):>6}"]
    return (
        f"The next word, untouched → changed:\n{aligned(rows, range(4))}\n"
        f"The Kullback-Leibler divergence of the next word, D(untouched ‖ changed), is {comparison.bits:.3f} bits."
    )


def _words(comparison: Comparison) -> str:
    """Return a row for each word, with how far the states of the runs are apart."""
    names = comparison.untouched.trace.names
    rows = [["", "untouched", "changed", *(text for name in names for text in (f"layer {name}", "cosine"))]]
    for column, changed, pair in _aligned(comparison):
        position = "" if column is None else str(comparison.untouched.first + column)
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
    """Yield the columns of both runs row by row, and the index of their pair.

    A word without a match has a row of its own.
    """
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
        neurons = [f"n{neuron} {before:+.2f} → {now:+.2f}" for neuron, before, now in comparison.changed_neurons(k)]
        rows.append([f"layer {name}", *neurons])
    table = aligned(rows, range(len(rows[0])))
    return f"Neurons of the {comparison.state} state that differ most at the last word:\n{table}"


def logits_text(logits: LogitComparison, neurons: int, *, both: bool) -> str:
    """Return the neurons that contribute most, in the untouched run or in both; this many of each kind."""
    splits = [logits.untouched, logits.changed][: 1 + both]
    rows = [["", "neuron", *("untouched", "changed")[: 1 + both]]]
    for title, positions in _groups(logits, neurons, both=both):
        for number, position in enumerate(positions):
            found = [split.contribution(position) for split in splits]
            name = f"layer {found[0].layer} n{found[0].neuron}"
            rows.append(["" if number else title, name, *(f"{part.value:+.3f}" for part in found)])
    rows.append(["bias", "", *(f"{split.bias:+.3f}" for split in splits)])
    total = f"all {len(logits.untouched.hidden)} and bias"
    rows.append(["sum", total, *(f"{split.total:+.3f}" for split in splits)])
    other = logits.rather_than
    what = f"Why {logits.word} rather than {other}, as parts of the logit difference" if other else ""
    return f"{what or f'Why {logits.word}, as parts of the logit'}:\n{aligned(rows, range(2))}"


def _groups(logits: LogitComparison, neurons: int, *, both: bool) -> Iterator[tuple[str, list[int]]]:
    """Yield titles, and the positions of the neurons under each."""
    raising, lowering = logits.untouched.strongest(neurons)
    yield "for it", [part.position for part in raising]
    yield "against it", [part.position for part in lowering]
    if both:
        yield "changed most", [before.position for before, _ in logits.top_changes(neurons)]
