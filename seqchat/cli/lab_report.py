"""What `seqchat lab` prints and draws."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seqchat.cli.tables import aligned
from seqchat.files import write_file
from seqchat.training.lab.claims import judge
from seqchat.training.lab.contenders import SMALL_GRU
from seqchat.training.lab.memory import CHANCE, example
from seqchat.training.lab.pronouns import Answers
from seqchat.training.lab.results import MemoryReport, MemoryResult
from seqchat.training.lab.scores import REMEMBERED, DistanceScore, interval, reaches, scores, widest_apart
from seqchat.training.lab.settings import BATCH, RATES, LabSettings
from seqchat.wording import counted, duration, percentage

_MARKS = {"borne out": "✓", "not borne out": "✗", "in part": "½", "undecided": "?"}
_EXAMPLE_DISTANCE = 6
_MIN_DRAWN = 40


def introduction(settings: LabSettings) -> str:
    """Return what will be done."""
    rates = " and ".join(f"{rate:g}" for rate in RATES)
    limit = f"{duration(settings.seconds)} or " if settings.seconds else ""
    return (
        f"Texts such as: {example(settings, _EXAMPLE_DISTANCE)}\n"
        f"{counted(settings.updates, 'update')} of {BATCH} texts, at distances 1 to {settings.longest}, "
        f"with the learning rates {rates} for each network, until {limit}Ctrl-C"
    )


def text(report: MemoryReport) -> str:
    """Return the tables, the chart and the verdicts.

    Accuracies and chart show the moment at which the networks differed most; the accuracies at the end follow.
    """
    telling = widest_apart(report)
    parts = [_networks(report), _accuracies(report, telling), _chart(report, telling)]
    if telling is not None:
        parts.append(_accuracies(report, None))
    return "\n\n".join([*parts, _verdicts(report)])


def document(report: MemoryReport) -> dict[str, Any]:
    """Return the report as JSON values."""
    settings = report.settings
    return {
        "task": {
            "subjects": settings.subjects,
            "mixture": settings.mixture,
            "longest": settings.longest,
            "texts": settings.texts,
            "chance": CHANCE,
        },
        "seed": settings.seed,
        "updates": report.updates,
        "seconds": round(report.seconds, 1),
        "stopped": report.stopped,
        "models": [_model(report, result) for result in report.results],
        "claims": [{"claim": c.text, "outcome": c.outcome, "measured": c.measured} for c in judge(report)],
    }


def write_picture(report: MemoryReport, out: Path) -> None:
    """Draw accuracy against distance when the networks differed most, and at the end; matplotlib must be there."""
    from matplotlib.figure import Figure

    moments = list(dict.fromkeys([widest_apart(report), None]))
    figure = Figure(figsize=(6 * len(moments), 4.5), layout="constrained")
    for axes, updates in zip(figure.subplots(1, len(moments), squeeze=False)[0], moments, strict=True):
        _draw(axes, report, updates)
    picture = io.BytesIO()
    figure.savefig(picture, format=out.suffix.lower().removeprefix("."), dpi=150)
    write_file(out, picture.getvalue())


def _draw(axes: Any, report: MemoryReport, updates: int | None) -> None:
    settings = report.settings
    for result in report.results:
        found = scores(report, result, updates)
        low, high = zip(*(score.bounds for score in found), strict=True)
        label = f"{result.contender.name}, {result.contender.parameters:,} parameters"
        (line,) = axes.plot(settings.distances, [s.share for s in found], marker="o", markersize=3, label=label)
        axes.fill_between(settings.distances, low, high, color=line.get_color(), alpha=0.15)
    axes.axhline(CHANCE, color="grey", linestyle=":", label="chance")
    axes.axvline(settings.longest, color="grey", linewidth=0.8, linestyle="--", label="longest in training")
    axes.set(title=_when(updates), xlabel="distance from person to pronoun in words", ylabel="share right")
    axes.set_ylim(0.4, 1.02)
    axes.grid(alpha=0.3)
    axes.legend()


def _model(report: MemoryReport, result: MemoryResult) -> dict[str, Any]:
    contender = result.contender
    return {
        "name": contender.name,
        "cell": contender.config.cell,
        "hidden_size": contender.config.hidden_size,
        "parameters": contender.parameters,
        "recurrent_parameters": contender.recurrent_parameters,
        "learning_rates": [run.at(None).learning_rate for run in result.runs],
        "seconds_per_update": result.seconds_per_update,
        **_stage(report, result, None),
        "milestones": [{"updates": m, **_stage(report, result, m)} for m in report.milestones],
    }


def _stage(report: MemoryReport, result: MemoryResult, updates: int | None) -> dict[str, Any]:
    """Return how well a network does after some updates; low and high: the 95 % interval over all runs' texts."""
    accuracy = [
        {
            "distance": score.distance,
            "beyond_training": score.distance > report.settings.longest,
            "correct": score.correct,
            "accuracy": score.share,
            "low": score.low,
            "high": score.high,
        }
        for score in scores(report, result, updates)
    ]
    return {"reach": reaches(report, result, updates), "accuracy": accuracy}


def _networks(report: MemoryReport) -> str:
    rows = [["", *(r.contender.name for r in report.results)]]
    rows.append(["parameters", *(f"{r.contender.parameters:,}" for r in report.results)])
    rows.append(["hidden size", *(str(r.contender.config.hidden_size) for r in report.results)])
    rows.append(["learning rate", *(_rates(r) for r in report.results)])
    rows.append(["ms an update", *(f"{1e3 * r.seconds_per_update:.1f}" for r in report.results)])
    for count in [*report.milestones, None]:
        rows.append([f"reach {_when(count)}", *(_span(reaches(report, r, count)) for r in report.results)])
    updates = _each({f"{count:,}" for count in report.updates})
    stopped = ", stopped there" if report.stopped else ""
    runs = f"{len(report.updates)} runs" if len(report.updates) > 1 else "one run"
    note = (
        f"Reach: the farthest distance up to which at least {percentage(REMEMBERED, 0)} are right (worst–best run).\n"
    )
    note += f"{updates} updates of each network{stopped}; {runs}, seed {report.settings.seed}; {report.seconds:.0f} s."
    if any(r.contender.name == SMALL_GRU for r in report.results):
        note += f"\n{SMALL_GRU} is a GRU of the LSTM's hidden size; the others have equally many parameters."
    return f"{aligned(rows)}\n{note}"


def _accuracies(report: MemoryReport, updates: int | None) -> str:
    """Return the shares of right answers after some updates, a row a distance."""
    settings = report.settings
    columns = [scores(report, result, updates) for result in report.results]
    rows = [["distance", *(r.contender.name for r in report.results)]]
    for at_distance in zip(*columns, strict=True):
        distance = at_distance[0].distance
        beyond = " beyond training" if distance > settings.longest else ""
        rows.append([f"{distance}{beyond}", *(_share(score) for score in at_distance)])
    low, high = interval(round(settings.texts * CHANCE), settings.texts)
    note = "worst–best run" if len(report.updates) > 1 else "95 % interval"
    return (
        f"% right {_when(updates)} ({note})\n{aligned(rows)}\n"
        f"~ no better than chance, which is {percentage(CHANCE, 0)}, and for {settings.texts} texts "
        f"{_percent(low, high)}"
    )


def _share(score: DistanceScore) -> str:
    mark = "~" if score.low <= CHANCE else ""
    return f"{mark}{100 * score.share:.0f} ({_percent(*score.bounds)})"


def _percent(low: float, high: float) -> str:
    return f"{100 * low:.0f}–{100 * high:.0f}"


def _chart(report: MemoryReport, updates: int | None) -> str:
    import plotext

    distances = list(report.settings.distances)
    plotext.clear_figure()
    for result in report.results:
        # The library fails where no point of a line is within the limits.
        percent = [max(100 * score.share, _MIN_DRAWN) for score in scores(report, result, updates)]
        plotext.plot(distances, percent, label=result.contender.name, marker="braille")
    plotext.plot([distances[0], distances[-1]], [100 * CHANCE] * 2, label="chance", marker="dot")
    plotext.title(f"% right at distance, {_when(updates)}")
    # The upper left corner is kept for the legend.
    plotext.ylim(_MIN_DRAWN, 140)
    plotext.yticks([50, 75, 100])
    plotext.xticks(distances)
    plotext.theme("clear")
    plotext.plotsize(76, 22)
    return str(plotext.build()).rstrip()


def _when(updates: int | None) -> str:
    return "at the end" if updates is None else f"after {counted(updates, 'update')}"


def _span(values: list[int]) -> str:
    return str(values[0]) if min(values) == max(values) else f"{min(values)}–{max(values)}"


def _verdicts(report: MemoryReport) -> str:
    claims = judge(report)
    if not claims:
        return "No claim compares these cells; train rnn with lstm or gru, or lstm with gru."
    lines = [f"{_MARKS[c.outcome]} {c.text} {c.outcome.capitalize()}.\n  {c.measured}" for c in claims]
    if len(report.updates) == 1:
        lines.append("One run shows no spread between initial weights; --runs 3 does.")
    return "\n".join(lines)


def _rates(result: MemoryResult) -> str:
    return _each({f"{run.at(None).learning_rate:g}" for run in result.runs})


def _each(values: set[str]) -> str:
    return ", ".join(sorted(values))


def pronouns_table(answers: Mapping[str, Sequence[Answers]]) -> str:
    """Return the share of right pronouns of each model by the number of clauses in between."""
    first = next(iter(answers.values()))
    head = [
        ["clauses between", *(f"{answer.between}" for answer in first)],
        ["words between", *(f"{answer.words:.0f}" for answer in first)],
    ]
    rows = [[name, *(percentage(answer.right) for answer in row)] for name, row in answers.items()]
    return f"{aligned([*head, *rows])}\n\nThe share of right pronouns; half of all guesses are right."


def pronouns_document(answers: Mapping[str, Sequence[Answers]]) -> dict[str, Any]:
    """Return the same and how certain the models are as JSON values."""
    return {"models": [{"name": name, "answers": [asdict(answer) for answer in row]} for name, row in answers.items()]}
