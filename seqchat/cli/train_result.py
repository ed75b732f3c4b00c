"""What `seqchat train` prints at the end of a run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import print_json
from seqchat.cli.tables import aligned
from seqchat.wording import counted, duration, percentage, perplexity

if TYPE_CHECKING:
    from seqchat.training.assessment import Assessment
    from seqchat.training.run import TrainingResult


def print_result(result: TrainingResult, assessment: Assessment | None, *, as_json: bool) -> None:
    """Print how a run ended, what the person gets, and what to do next; or all of it as JSON."""
    if not as_json:
        click.echo(_summary(result, assessment))
        return
    validation = {name: getattr(result.quality, name) for name in ("perplexity", "top1", "top5")}
    print_json(
        {
            "checkpoint": str(result.folder),
            "words_seen": result.tokens,
            "seconds": round(result.seconds, 1),
            "validation": validation,
            "held_out": assessment.to_json() if assessment else None,
            "next": shlex.join(_next_command(result)),
        }
    )


def _next_command(result: TrainingResult) -> list[str]:
    """Return the command with which the model is used."""
    return ["seqchat", "tui", str(result.folder)]


def _assessment_lines(assessment: Assessment) -> list[str]:
    """Return what the person gets, beside what the shipped model would have given."""
    dialogs = f"{counted(assessment.dialogs, 'held-out dialog')}, {counted(assessment.words, 'word')}"
    biased = "" if assessment.tested else "; they chose its best weights, so it is slightly worse than it looks"
    rows = [("", "top-5", "bits per character", "keys saved")]
    for quality in filter(None, (assessment.own, assessment.shipped)):
        bits = f"{quality.bits_per_character:.2f}"
        rows.append((quality.model, percentage(quality.top5), bits, percentage(quality.keystroke_savings)))
    lines = [f"With its n-grams, lexicon and cache, on {dialogs}{biased}:", aligned(rows)]
    shipped = assessment.shipped
    if shipped is not None and shipped.bits_per_character < assessment.own.bits_per_character:
        again = f"go on from it: seqchat train DATA --from {shipped.model}"
        lines.append(
            f"{shipped.model} still knows this text better; give the new model more of it, or more time"
            if assessment.goes_on
            else f"{shipped.model} knows this text better; {again}"
        )
    return lines


def _summary(result: TrainingResult, assessment: Assessment | None) -> str:
    """Say how a run ended, what the person gets, and what to do next."""
    folder = shlex.quote(str(result.folder))
    lines = [
        f"{result.folder}: validation perplexity {perplexity(result.quality.perplexity)}; the next word is among the "
        f"first five {percentage(result.quality.top5)} of the time ({result.outcome} after {duration(result.seconds)})."
    ]
    if assessment is not None:
        lines += _assessment_lines(assessment)
    if result.outcome == "interrupted":
        lines.append(f"Resume it:    seqchat train --resume {folder}")
    if result.outcome == "time is up":
        lines.append(f"Resume it:    seqchat train --resume {folder} --time-limit TIME (longer than before)")
    lines.append(f"Type with it: {shlex.join(_next_command(result))}")
    return "\n".join(lines)
