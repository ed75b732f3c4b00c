"""``seqchat gradients``: how far back in time the gradient of a model reaches."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from itertools import cycle
from pathlib import Path
from shutil import get_terminal_size
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.options import json_option, print_json
from seqchat.cli.out import PICTURES, check_out
from seqchat.corpus.cleaning import clean
from seqchat.corpus.sources import SAMPLE
from seqchat.files import write_file
from seqchat.model.model_registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from seqchat.insight.gradient_flow import Decay, GradientFlow, Values

_KINDS = (*PICTURES, ".json")
_SIGNS = {"hidden": "h", "cell": "c"}
_STATES = {"hidden": "hidden state", "cell": "cell state"}
_SHOWN = (1, 5, 10, 20, 50, 100, 200, 500)
_COLORS = ("blue", "red", "green", "magenta", "cyan")
_LINES = {"hidden": "-", "cell": "--"}
_MAX_COLUMNS = 100
_X_LABEL = "words back (k)"
_Y_LABEL = "share of the gradient that is left"


@click.command(short_help="Show how far back gradients reach.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--data", default=SAMPLE, show_default=True, help="Any text that 'train' reads.")
@click.option("--words", default=200, show_default=True, type=click.IntRange(min=1), help="Losses to follow back.")
@click.option("--distance", default=50, show_default=True, type=click.IntRange(2, 1_000), help="How many words back.")
@click.option("--layer", type=click.IntRange(min=1), help="Counted from the bottom  [the top one]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Which words are chosen.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a .png, .svg or .json file.")
@json_option
def gradients(
    models: tuple[str, ...],
    data: str,
    words: int,
    distance: int,
    layer: int | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Follow the loss of each MODEL back through time on real text, and show what is left of its gradient.

    The norm of the gradient at a layer's state k words before is averaged over many words, and shown as a share of that
    at the word itself; vanishing, fading slowly, kept or exploding is said of how it goes on with the distance. MODEL
    is the shipped one by default.

    \b
    seqchat gradients
    seqchat gradients rnn-chat lstm-chat gru-chat --distance 30
    seqchat gradients lstm-chat --data my_chats.jsonl --out gradients.png
    """
    from seqchat.completion.engine import Engine
    from seqchat.corpus.segmentation import encode_sources
    from seqchat.insight.gradient_flow import gradient_flow

    check_out(out, _KINDS)
    names = models or (DEFAULT_MODEL,)
    flows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        click.progressbar(length=words * len(names), label="Following the gradients back", file=sys.stderr) as progress,
    ):
        for number, name in enumerate(names):
            engine = Engine.load(name, "fp32")
            stream = encode_sources([data], engine.vocabulary, Path(folder) / str(number))
            flow = gradient_flow(
                engine,
                stream,
                words=words,
                distance=distance,
                layer=layer,
                seed=seed,
                progress=progress.update,
            )
            flows.append(flow)
    if out is not None:
        _write(flows, out)
    if as_json:
        print_json(_document(flows))
    elif out is None:
        click.echo("\n".join([_chart(flows), _table(flows), "", *map(_wrapped, map(_sentence, flows))]))


# --- as numbers --------------------------------------------------------------------------------------------------


def _document(flows: list[GradientFlow]) -> dict[str, Any]:
    return {"models": [_numbers(flow) for flow in flows]}


def _numbers(flow: GradientFlow) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": flow.name,
        "cell": flow.cell,
        "layer": flow.layer,
        "words": flow.words,
        "distance": flow.distances,
        "norm": _finite(flow.norms["hidden"]),
        "step_norm": flow.step_norm,
        "seen": flow.trend,
    }
    if "cell" in flow.norms:
        document["cell_norm"] = _finite(flow.norms["cell"])
    if flow.gate_product is not None:
        document["gate"] = flow.gate
        document["gate_product"] = _finite(flow.gate_product)
    document["decay"] = {part: _decay_json(decay) for part, decay in flow.decays.items()}
    return document


def _decay_json(decay: Decay) -> dict[str, Any]:
    return {
        "factor": _or_none(decay.factor),
        "halving": decay.half_life,
        "half_distance": decay.half_distance,
        "seen": decay.trend,
    }


def _finite(values: Values) -> list[float | None]:
    return [_or_none(value) for value in values.tolist()]


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


# --- in the terminal ---------------------------------------------------------------------------------------------


def _chart(flows: list[GradientFlow]) -> str:
    """Draw the curves, each with the letter of its line in the table."""
    import plotext

    from seqchat.insight.gradient_flow import ticks

    plotext.clear_figure()
    for letter, color, _, _, shares in _lettered(flows):
        usable = [(k, math.log10(share)) for k, share in enumerate(shares.tolist()) if 0 < share < math.inf]
        plotext.plot([k for k, _ in usable], [y for _, y in usable], marker=letter, color=color)
    tick_positions = ticks(share for *_, shares in _lettered(flows) for share in shares.tolist())
    plotext.yticks(list(tick_positions), list(tick_positions.values()))
    distance = flows[0].distances[-1]
    plotext.xticks(list(range(0, distance + 1, max(1, distance // 5))))
    plotext.title(_Y_LABEL)
    plotext.xlabel(_X_LABEL)
    plotext.theme("clear")
    plotext.plotsize(80, 22)
    return str(plotext.build())


def _lettered(flows: list[GradientFlow]) -> Iterator[tuple[str, str, GradientFlow, str, Values]]:
    """Yield for each gradient a letter, a colour, the flow, its state, and what is left of it over the distance."""
    letters, colors = cycle(ascii_lowercase), cycle(_COLORS)
    for flow in flows:
        for state, norms in flow.norms.items():
            yield next(letters), next(colors), flow, state, norms / norms[0]


def _table(flows: list[GradientFlow]) -> str:
    """Return what is left of each gradient at some distances, and what the gates leave along the direct path."""
    shown = [k for k in _SHOWN if k in flows[0].distances]
    width = max(len(clean(flow.name)) for flow in flows)
    lines = [f"   {'left after … words':<{width + 15}}" + "".join(f"{k:>9}" for k in shown)]
    for letter, color, flow, state, shares in _lettered(flows):
        left = "".join(f"{_share(shares[k]):>9}" for k in shown)
        lines.append(f"{click.style(letter, fg=color)}  {clean(flow.name):<{width}} {_STATES[state]:<14}{left}")
        if flow.gate_product is not None and state == flow.memory_state:
            left = "".join(f"{_share(flow.gate_product[k]):>9}" for k in shown)
            lines.append(f"   {'':<{width}} {f'{flow.gate} gates':<14}{left}")
    return "\n".join(lines)


def _share(value: float) -> str:
    return f"{value:.1%}" if 0.0005 <= value < 100 else f"{value:.0e}"


def _sentence(flow: GradientFlow) -> str:
    """Say what is seen, in words."""
    decay = flow.decays[flow.memory_state]
    half = "more than half is left everywhere"
    if decay.half_distance is not None:
        half = f"half is left after {decay.half_distance:.1f} words"
    halving = "" if decay.half_life is None else f", which halves it in {decay.half_life:.1f}"
    state = _STATES[flow.memory_state]
    return (
        f"{clean(flow.name)}, layer {flow.layer}: {flow.trend}. Of the gradient of its {state}, {half}; "
        f"over all {flow.distances[-1]}, each multiplies it by {decay.factor:.2f}{halving}. One step could multiply "
        f"that of its hidden state by up to {flow.step_norm:.2f}, the mean spectral norm of ∂h_t/∂h_(t−1)."
    )


def _wrapped(sentence: str) -> str:
    return click.wrap_text(sentence, min(get_terminal_size().columns, _MAX_COLUMNS))


# --- as a file ---------------------------------------------------------------------------------------------------


def _write(flows: list[GradientFlow], out: Path) -> None:
    kind = out.suffix.lower()
    content = json.dumps(_document(flows), ensure_ascii=False) if kind == ".json" else _picture(flows, kind[1:])
    write_file(out, content)
    click.echo(f"{out} is written.", err=True)


def _picture(flows: list[GradientFlow], kind: str) -> bytes:
    """Draw the curves: a colour for each model, solid for the hidden state, dashed for the cell state, dotted gates."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for number, flow in enumerate(flows):
        # A dollar sign would begin a formula.
        name = clean(flow.name).replace("$", r"\$")
        for state, norms in flow.norms.items():
            label = f"∂L/∂{_SIGNS[state]} of {name}: {flow.decays[state].trend}"
            axes.plot(flow.distances, norms / norms[0], _LINES[state], color=f"C{number}", label=label)
        if flow.gate_product is not None:
            label = f"{flow.gate} gates of {name}"
            axes.plot(flow.distances, flow.gate_product, ":", color=f"C{number}", label=label)
    axes.set(yscale="log", xlabel=_X_LABEL, ylabel=_Y_LABEL)
    axes.grid(alpha=0.3)
    axes.legend()
    content = BytesIO()
    figure.savefig(content, format=kind, dpi=150)
    return content.getvalue()
