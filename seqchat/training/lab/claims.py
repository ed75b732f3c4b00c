"""What the course says about RNN, LSTM and GRU, judged by what the memory test measured.

A claim is borne out if every run confirms it, not borne out if every run shows the opposite or no difference, and
undecided if runs differ or the test cannot tell. Which network remembers farther may change while they learn: what
holds on the way but not at the end is borne out in part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from seqchat.training.lab.contenders import SAME_SIZE, SMALL_GRU
from seqchat.training.lab.results import MemoryReport, MemoryResult
from seqchat.training.lab.scores import interval, mean_accuracies, reaches
from seqchat.wording import counted, percentage

Verdict = Literal["borne out", "in part", "not borne out", "undecided"]

# Mean accuracies that differ by less are similar.
SIMILAR = 0.03
# Speeds that differ by less are the same.
SAME_SPEED = 0.05


@dataclass(frozen=True)
class Claim:
    """A claim of the course, the verdict on it, and what was measured."""

    text: str
    outcome: Verdict
    measured: str


def judge(report: MemoryReport) -> list[Claim]:
    """Judge every claim for which the networks were trained."""
    results = {result.contender.name: result for result in report.results}
    gated, plain = ([r for r in report.results if _is_gated(r) is wanted] for wanted in (True, False))
    claims = [
        _remembers_farther(report, result, rnn)
        for rnn in plain
        for result in gated
        if result.contender.name != SMALL_GRU
    ]
    if SMALL_GRU in results:
        pair = results[SMALL_GRU], results[SAME_SIZE[1]]
        claims += [_fewer_parameters(*pair), _trains_faster(*pair), _similar_quality(report, *pair)]
    return claims


def _is_gated(result: MemoryResult) -> bool:
    return result.contender.config.cell_kind.keep_gate is not None


def _claim(text: str, outcome: Verdict, measured: str) -> Claim:
    return Claim(text, outcome, f"{measured[0].upper()}{measured[1:]}.")


def _remembers_farther(report: MemoryReport, gated: MemoryResult, rnn: MemoryResult) -> Claim:
    text = f"The {gated.contender.config.cell_kind.title} remembers farther than the RNN."
    runs = len(gated.runs)
    measured = _reaches_in_words(report, gated, rnn, None)
    farther, nearer = _farther(report, gated, rnn, None), _farther(report, rnn, gated, None)
    if farther == runs:
        nothing = ": the RNN has not learned the task at any distance" if max(reaches(report, rnn)) == 0 else ""
        return _claim(text, "borne out", f"{measured}{nothing}")
    on_the_way = [m for m in report.milestones if _farther(report, gated, rnn, m) == runs]
    if nearer == 0 and on_the_way:
        before = _reaches_in_words(report, gated, rnn, on_the_way[-1])
        return _claim(text, "in part", f"{before}; but {measured}: the RNN catches up in {runs - farther} of {runs}")
    if nearer == runs:
        return _claim(text, "not borne out", f"{measured}: the RNN remembers farther")
    if farther or nearer:
        return _claim(text, "undecided", f"{measured}: farther in {farther} of {runs} runs, nearer in {nearer}")
    both = reaches(report, gated) + reaches(report, rnn)
    if min(both) == report.settings.distances[-1]:
        return _claim(text, "undecided", f"{measured}, the farthest that was tested: longer --distances may tell")
    if max(both) == 0:
        return _claim(text, "undecided", f"{measured}: neither has learned the task; more --updates may tell")
    return _claim(text, "not borne out", f"{measured}: no difference beyond chance")


def _reaches_in_words(report: MemoryReport, gated: MemoryResult, rnn: MemoryResult, updates: int | None) -> str:
    mine, other = (", ".join(map(str, reaches(report, r, updates))) for r in (gated, rnn))
    when = "at the end" if updates is None else f"after {counted(updates, 'update')}"
    return f"{when} its reach is {mine}, the RNN's {other}"


def _farther(report: MemoryReport, a: MemoryResult, b: MemoryResult, updates: int | None) -> int:
    """Return in how many runs `a` reaches farther than `b`, and is significantly better at its own reach."""
    settings = report.settings
    count = 0
    for run, (far, near) in enumerate(zip(reaches(report, a, updates), reaches(report, b, updates), strict=True)):
        if far > near:
            index = settings.distances.index(far)
            (low, _), (_, high) = (interval(r.runs[run].at(updates).correct[index], settings.texts) for r in (a, b))
            count += low > high
    return count


def _fewer_parameters(gru: MemoryResult, lstm: MemoryResult) -> Claim:
    mine, other = gru.contender, lstm.contender
    share = mine.recurrent_parameters / other.recurrent_parameters
    text = "Of the same hidden size, the GRU has fewer parameters than the LSTM, three quarters."
    measured = (
        f"{mine.recurrent_parameters:,} against {other.recurrent_parameters:,} in the recurrent layer "
        f"({percentage(share, 0)}), "
        f"{mine.parameters:,} against {other.parameters:,} in all, with hidden size {other.config.hidden_size}"
    )
    return _claim(text, "borne out" if math.isclose(share, 3 / 4) else "not borne out", measured)


def _trains_faster(gru: MemoryResult, lstm: MemoryResult) -> Claim:
    mine, other = gru.seconds_per_update, lstm.seconds_per_update
    text = "Of the same hidden size, the GRU trains faster than the LSTM."
    measured = f"{1e3 * mine:.1f} ms an update against {1e3 * other:.1f} ms, {mine / other:.2f} times the LSTM's"
    measured += " with PyTorch's kernels here"
    if mine < other * (1 - SAME_SPEED):
        return _claim(text, "borne out", measured)
    if mine > other * (1 + SAME_SPEED):
        return _claim(text, "not borne out", f"{measured}: the LSTM is faster")
    return _claim(text, "not borne out", f"{measured}: they are equally fast")


def _similar_quality(report: MemoryReport, gru: MemoryResult, lstm: MemoryResult) -> Claim:
    mine, other = mean_accuracies(report, gru), mean_accuracies(report, lstm)
    gains = [a - b for a, b in zip(mine, other, strict=True)]
    text = "Of the same hidden size, the GRU is about as good as the LSTM."
    measured = f"At the end {percentage(mean(mine))} against {percentage(mean(other))} are right over all distances"
    measured += f" (by run {', '.join(f'{100 * gain:+.1f}' for gain in gains)} points)"
    if all(abs(gain) <= SIMILAR for gain in gains):
        return _claim(text, "borne out", measured)
    if all(gain > SIMILAR for gain in gains):
        return _claim(text, "not borne out", f"{measured}: the GRU is better")
    if all(gain < -SIMILAR for gain in gains):
        return _claim(text, "not borne out", f"{measured}: the LSTM is better")
    return _claim(text, "undecided", f"{measured}: the runs differ")
