"""What runs are doing, a line each, and what should be known of them, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from seqchat.errors import one_line
from seqchat.tui.language import say
from seqchat.tui.watching.watched import WatchedRun
from seqchat.wording import clock_time, perplexity

# Above it, a gradient is said to explode; the trainer's own limit.
_EXPLODING = 100.0
_CONDITIONS = {
    "reading": "reading",
    "training": "training",
    "paused": "paused",
    "finishing": "finishing",
    "ended": "ended",
    "failed": "failed",
    "gone": "gone",
    "silent": "silent",
    "unknown": "–",
}
_OUTCOMES = {
    "finished": "It has read the text as often as it should.",
    "stopped early": "It stopped early, as it no longer became better.",
    "time is up": "Its time is up.",
    "interrupted": "It was stopped and saved; seqchat train --resume goes on with it.",
}
_HEADINGS = ("", "state", "epoch", "loss", "perplexity", "gradient", "words/s", "left")
_NONE = "–"
# Larger losses are powers of ten.
_HUGE = 1e4


def table(runs: Sequence[WatchedRun], colours: Sequence[str], width: int) -> Text:
    """Return the numbers of runs, with a heading; columns that do not fit are left out, from the right."""
    rows = [[say(heading) if heading else "" for heading in _HEADINGS], *map(_row, runs)]
    widths = [max(cell_len(row[k]) for row in rows) for k in range(len(_HEADINGS))]
    text = Text(no_wrap=True, overflow="ellipsis")
    for number, row in enumerate(rows):
        if number:
            text.append("\n● ", style=colours[number - 1])
        else:
            text.append("  ")
        cells = [row[0] + " " * (widths[0] - cell_len(row[0]))]
        cells += [" " * (size - cell_len(cell)) + cell for cell, size in zip(row[1:], widths[1:], strict=True)]
        line = "  ".join(cells)
        text.append(line if cell_len(line) <= width - 2 else set_cell_size(line, width - 2), "" if number else "dim")
    return text


def _row(run: WatchedRun) -> list[str]:
    status = run.files.status
    reports = run.files.reports
    measured = reports[-1].get("validation_perplexity") if reports else None
    shown = perplexity(measured) if isinstance(measured, int | float) else _NONE
    name, condition = one_line(run.name, 24), say(_CONDITIONS[run.condition])
    if status is None:
        last = reports[-1] if reports else {}
        return [name, condition, _number(last.get("epoch"), ".1f"), _number(last.get("training_loss"), ".2f"),
                shown, _number(last.get("gradient_norm"), ".3g"), _NONE, _NONE]  # fmt: skip
    gradient = _number(status.gradient_norm, ".3g")
    # Before and after clipping, where the two differ
    if status.clip and status.gradient_norm is not None:
        gradient += f" → {_number(status.clipped_norm, '.3g')}"
    left = clock_time(status.seconds_left) if status.seconds_left is not None and not status.is_over else _NONE
    return [
        name,
        condition,
        f"{status.epoch:.1f}",
        _number(status.loss, ".2f" if (status.loss or 0) < _HUGE else ".1e"),
        shown,
        gradient,
        f"{status.words_per_second:,.0f}",
        left,
    ]


def _number(value: object, form: str) -> str:
    return format(value, form) if isinstance(value, int | float) else _NONE


def notices(runs: Sequence[WatchedRun]) -> list[str]:
    """Return what should be known of runs, a sentence each; with several, after their names."""
    found = [(run.name, sentence) for run in runs if (sentence := _notice(run))]
    return [sentence if len(runs) == 1 else f"{one_line(name, 24)}: {sentence}" for name, sentence in found]


def _notice(run: WatchedRun) -> str:
    """Return the most important sentence about a run; none where all goes as usual."""
    status, condition = run.files.status, run.condition
    if run.failure:
        return say("It failed: {reason}", reason=run.failure)
    if run.problem:
        return run.problem
    if status is None:
        starting = run.launched is not None and not run.files.reports
        return say("Starting PyTorch") if starting else say("This run did not record what its network does.")
    if run.files.replacing is not None:
        return say("Another run is being prepared, and will replace this one.")
    if condition == "reading":
        return say("The text is being read and cut into words ({share:.0%}).", share=status.share)
    if condition == "paused":
        return say("Training pauses; Space goes on.")
    if condition == "finishing":
        return say("Trained; n-grams are counted, and their weights tuned.")
    if condition == "ended":
        return say(_OUTCOMES[status.outcome]) if status.outcome in _OUTCOMES else ""
    if condition == "gone":
        return say("Its process has gone without a word; seqchat train --resume goes on from what it saved.")
    if condition == "silent":
        return say("It has not been heard of for a minute; it may have ended.")
    if status.recoveries:
        return say(
            "The loss was no longer a number: back to the last report, with half the learning rate ({n} times).",
            n=status.recoveries,
        )
    if status.gradient_norm is not None and status.gradient_norm > _EXPLODING:
        return say("The gradient explodes: its norm is {norm:,.0f}.", norm=status.gradient_norm)
    return say("Another run has taken the place of the first one.") if run.was_replaced else ""
