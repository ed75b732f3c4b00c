"""What `seqchat lab memory` prints and draws."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from seqchat.files import write_file
from seqchat.training.lab.claims import REMEMBERED, interval, judge, reaches
from seqchat.training.lab.contenders import SMALL_GRU
from seqchat.training.lab.memory import CHANCE, Report, Result, example
from seqchat.training.lab.settings import BATCH, RATES, LabSettings

_MARKS = {"borne out": "✓", "not borne out": "✗", "in part": "½", "undecided": "?"}
_EXAMPLE_DISTANCE = 6


def introduction(settings: LabSettings) -> str:
    """Return what is going to be done."""
    rates = " and ".join(f"{rate:g}" for rate in RATES)
    return (
        f"Texts such as: {example(settings, _EXAMPLE_DISTANCE)}\n"
        f"{settings.updates:,} updates of {BATCH} texts, at distances 1 to {settings.longest}, "
        f"with the learning rates {rates} for each network; Ctrl-C ends it and measures"
    )


def text(report: Report) -> str:
    """Return the tables, the chart and the verdicts."""
    return "\n\n".join([_networks(report), _accuracies(report), _chart(report), _verdicts(report)])


def document(report: Report) -> dict[str, Any]:
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


def write_picture(report: Report, out: Path) -> None:
    """Draw accuracy against distance; matplotlib must be there."""
    from matplotlib.figure import Figure

    settings, figure = report.settings, Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for result in report.results:
        low, high = zip(*(_limits(report, result, k) for k in range(len(settings.distances))), strict=True)
        label = f"{result.contender.name}, {result.contender.parameters:,} parameters"
        (line,) = axes.plot(settings.distances, _means(report, result), marker="o", markersize=3, label=label)
        axes.fill_between(settings.distances, low, high, color=line.get_color(), alpha=0.15)
    axes.axhline(CHANCE, color="grey", linestyle=":", label="chance")
    axes.axvline(settings.longest, color="grey", linewidth=0.8, linestyle="--", label="longest in training")
    axes.set(xlabel="distance from person to pronoun in words", ylabel="share right", ylim=(0.4, 1.02))
    axes.grid(alpha=0.3)
    axes.legend()
    picture = io.BytesIO()
    figure.savefig(picture, format=out.suffix.lower().removeprefix("."), dpi=150)
    write_file(out, picture.getvalue())


def _model(report: Report, result: Result) -> dict[str, Any]:
    contender = result.contender
    return {
        "name": contender.name,
        "cell": contender.config.cell,
        "hidden_size": contender.config.hidden_size,
        "parameters": contender.parameters,
        "recurrent_parameters": contender.recurrent_parameters,
        "learning_rates": [run.at(None).learning_rate for run in result.runs],
        "seconds_per_update": result.seconds_per_update,
        "reach": reaches(report, result),
        "reach_after": [{"updates": m, "reach": reaches(report, result, m)} for m in report.milestones],
        "accuracy": [_at(report, result, k) for k in range(len(report.settings.distances))],
    }


def _at(report: Report, result: Result, place: int) -> dict[str, Any]:
    """Return how well a network does at a distance; low and high: the 95 % interval over the texts of all runs."""
    distance = report.settings.distances[place]
    correct = [run.at(None).correct[place] for run in result.runs]
    low, high = interval(sum(correct), report.settings.texts * len(correct))
    return {
        "distance": distance,
        "beyond_training": distance > report.settings.longest,
        "correct": correct,
        "accuracy": _means(report, result)[place],
        "low": low,
        "high": high,
    }


def _means(report: Report, result: Result) -> list[float]:
    """Return the share of right answers at each distance, over all runs."""
    total = report.settings.texts * len(result.runs)
    return [sum(counts) / total for counts in zip(*(run.at(None).correct for run in result.runs), strict=True)]


def _limits(report: Report, result: Result, place: int) -> tuple[float, float]:
    """Return the lowest and highest run at a distance; of a single run, the 95 % interval."""
    counts = [run.at(None).correct[place] for run in result.runs]
    if len(counts) == 1:
        return interval(counts[0], report.settings.texts)
    return min(counts) / report.settings.texts, max(counts) / report.settings.texts


def _networks(report: Report) -> str:
    rows = [["", *(r.contender.name for r in report.results)]]
    rows.append(["parameters", *(f"{r.contender.parameters:,}" for r in report.results)])
    rows.append(["hidden size", *(str(r.contender.config.hidden_size) for r in report.results)])
    rows.append(["learning rate", *(_rates(r) for r in report.results)])
    rows.append(["ms an update", *(f"{1e3 * r.seconds_per_update:.1f}" for r in report.results)])
    for count in [*report.milestones, None]:
        when = "at the end" if count is None else f"after {count:,} updates"
        rows.append([f"reach {when}", *(", ".join(map(str, reaches(report, r, count))) for r in report.results)])
    updates = _each({f"{count:,}" for count in report.updates})
    stopped = ", stopped there" if report.stopped else ""
    runs = f"{len(report.updates)} runs" if len(report.updates) > 1 else "one run"
    note = f"Reach: the farthest distance up to which at least {REMEMBERED:.0%} are right, by run.\n"
    note += f"{updates} updates of each network{stopped}; {runs}, seed {report.settings.seed}; {report.seconds:.0f} s."
    if any(r.contender.name == SMALL_GRU for r in report.results):
        note += f"\n{SMALL_GRU} is a GRU of the LSTM's hidden size; the others have equally many parameters."
    return f"{_table(rows)}\n{note}"


def _accuracies(report: Report) -> str:
    """Return the shares of right answers, a row a distance."""
    settings = report.settings
    several = len(report.updates) > 1
    rows = [["% right at distance", *(r.contender.name for r in report.results)]]
    for place, distance in enumerate(settings.distances):
        beyond = " beyond training" if distance > settings.longest else ""
        rows.append([f"{distance}{beyond}", *(_cell(report, result, place) for result in report.results)])
    low, high = interval(round(settings.texts * CHANCE), settings.texts)
    note = "lowest–highest run" if several else f"95 % interval, {settings.texts} texts"
    return (
        f"{_table(rows)}\n(in brackets: {note}; ~ no better than chance, which is {CHANCE:.0%}, "
        f"for so many texts {100 * low:.0f}–{100 * high:.0f})"
    )


def _cell(report: Report, result: Result, place: int) -> str:
    measured = _at(report, result, place)
    low, high = _limits(report, result, place)
    mark = "~" if measured["low"] <= CHANCE else ""
    return f"{mark}{100 * measured['accuracy']:.1f} ({100 * low:.0f}–{100 * high:.0f})"


def _chart(report: Report) -> str:
    import plotext

    distances = list(report.settings.distances)
    plotext.clear_figure()
    for result in report.results:
        percent = [100 * share for share in _means(report, result)]
        plotext.plot(distances, percent, label=result.contender.name, marker="braille")
    plotext.plot([distances[0], distances[-1]], [100 * CHANCE] * 2, label="chance", marker="dot")
    plotext.title("% right at distance")
    # The legend has the upper left corner to itself.
    plotext.ylim(40, 140)
    plotext.yticks([50, 75, 100])
    plotext.xticks(distances)
    plotext.theme("clear")
    plotext.plotsize(76, 22)
    return str(plotext.build()).rstrip()


def _verdicts(report: Report) -> str:
    claims = judge(report)
    if not claims:
        return "No claim compares these cells; train rnn with lstm or gru, or lstm with gru."
    lines = [f"{_MARKS[c.outcome]} {c.text} {c.outcome.capitalize()}.\n  {c.measured}" for c in claims]
    if len(report.updates) == 1:
        lines.append("One run shows no spread between initial weights; --runs 3 does.")
    return "\n".join(lines)


def _rates(result: Result) -> str:
    return _each({f"{run.at(None).learning_rate:g}" for run in result.runs})


def _each(values: set[str]) -> str:
    return ", ".join(sorted(values))


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
