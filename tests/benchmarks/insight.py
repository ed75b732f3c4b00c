"""What looking inside costs.

    python tests/benchmarks/insight.py ../shared/data/kdconv.jsonl
    python tests/benchmarks/insight.py ../shared/data/kdconv.jsonl --part live --synthetic
    python tests/benchmarks/insight.py ../shared/data/kdconv.jsonl --part inspect --words 1000 --words 10000

`panel` types messages key by key: what drawing all neurons of all gates adds, beside the rows of a few and curves.
`live` types messages key by key: what the suggestions take, and what looking at the gates adds to that; then what comes
after it, without delaying a keystroke: the words that the best suggestion depends on, and an experiment. Both are the
processor's time, so that they are right on a machine that does other things too.
`inspect` writes every gate at every word of a text into an .npz file, in a process of its own: its time, the part of it
that it computed (the rest it waited, also for other programs), its largest resident memory, and how much of that is
beyond the same command on a text of one word, which is what the program itself takes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import click
import torch
from rich.style import Style

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.sources import read_dialogs
from seqchat.evaluation.latency import Percentiles, synthetic_checkpoint
from seqchat.insight.connectivity import connections, connectivity, find_target
from seqchat.insight.gates import trace
from seqchat.insight.holds import GateHold
from seqchat.insight.intervention import Intervention, compare
from seqchat.insight.neurons.overview import overview
from seqchat.insight.step_report import formula, lines
from seqchat.insight.view import layer_names
from seqchat.insight.word_ids import text_ids
from seqchat.tui.panel.bands import BandsView
from seqchat.tui.panel.curves import CurvesView
from seqchat.tui.panel.rows import RowsView
from seqchat.tui.panel.state import PanelState
from seqchat.tui.step_place import StepPlace, open_place

# A process's `ru_maxrss` begins with what its parent had when it started it, and VmHWM with nothing.
_RUN = """
import atexit, sys
from pathlib import Path
copy = Path(sys.argv.pop())
atexit.register(lambda: copy.write_text(Path("/proc/self/status").read_text()))
from seqchat.cli import main
main()
"""


Result = TypeVar("Result")

# Keys that are typed after so many characters; what follows a key is timed at every few of them.
_KEYS, _BEFORE, _EVERY = 500, 300, 10
# So many words the panel of the app shows.
TRACED = 64
# The panel of a terminal of 140 columns and 45 lines
_PANEL = 59, 39


@dataclass(frozen=True)
class Given:
    """What the parts measure on: a model (with random weights, if synthetic), real text, and its lengths in words."""

    model: str
    source: str
    words: tuple[int, ...]
    synthetic: bool

    def engine(self) -> Engine:
        """Load the model."""
        # As `Engine.load` does
        torch.set_num_threads(1)
        return Engine("synthetic", synthetic_checkpoint()) if self.synthetic else Engine.load(self.model)


def measure_inspect(given: Given) -> None:
    """Time `seqchat inspect --file … --out ….npz`."""
    click.echo("| words | seconds | computing | peak memory | beyond one word | file |")
    click.echo("| ---: | ---: | ---: | ---: | ---: | ---: |")
    engine = Engine.load(given.model)
    with tempfile.TemporaryDirectory(prefix="seqchat-insight-") as name:
        folder = Path(name)
        start = _inspect(given.model, "好", folder)
        _row(2, start, start, folder)
        for count in given.words:
            text, words = _text(engine, given.source, count)
            _row(words, _inspect(given.model, text, folder), start, folder)


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds in all, seconds of computing, and its largest resident memory in MB."""

    seconds: float
    computing: float
    memory: float


def _row(words: int, cost: Cost, start: Cost, folder: Path) -> None:
    size = (folder / "gates.npz").stat().st_size / 2**20
    click.echo(
        f"| {words:,} | {cost.seconds:.1f} | {cost.computing:.1f} | {cost.memory:.0f} MB "
        f"| {cost.memory - start.memory:.1f} MB | {size:.1f} MB |"
    )


def _text(engine: Engine, source: str, count: int) -> tuple[str, int]:
    """Return turns of the source, a line each, with at least so many words, and the exact number of words read."""
    lines: list[str] = []
    words = 1
    for dialog in read_dialogs([source]):
        for turn in dialog.turns:
            line = turn.replace("\n", " ") + "\n"
            lines.append(line)
            words += sum(1 for _ in text_ids(engine.vocabulary, [line])) - 1
            if words >= count:
                return "".join(lines), words
    raise click.ClickException(f"{source} has {words:,} words only.")


def _inspect(model: str, text: str, folder: Path) -> Cost:
    """Run the command on a text."""
    (folder / "text.txt").write_text(text, "utf-8")
    command = [sys.executable, "-c", _RUN, "inspect", "-m", model]
    command += ["--file", str(folder / "text.txt"), "--out", str(folder / "gates.npz"), str(folder / "status")]
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise click.ClickException(f"seqchat inspect ended with status {os.waitstatus_to_exitcode(status)}.")
    seconds = time.perf_counter() - began
    peak = re.search(r"VmHWM:\s*(\d+)", (folder / "status").read_text())
    assert peak is not None
    return Cost(seconds, usage.ru_utime + usage.ru_stime, int(peak[1]) / 1024)


def measure_live(given: Given) -> None:
    """Time what the live views add to a keystroke, and what follows it."""
    engine = given.engine()
    times: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], Result]) -> Result:
        began = time.thread_time()
        result = work()
        times.setdefault(name, []).append(time.thread_time() - began)
        return result

    whole = "\n".join(turn for dialog in islice(read_dialogs([given.source]), 20) for turn in dialog.turns)
    for key in range(1, _KEYS + 1):
        text = whole[: _BEFORE + key]
        suggestions = timed("a keystroke's suggestions", partial(suggest, engine, text))
        node = engine.context.node(text)
        timed(f"its gates, {TRACED} words", partial(trace, engine, node, TRACED))
        if key % _EVERY == 0 and suggestions:
            neuron = key % engine.config.hidden_size
            timed("afterwards: a step opened", partial(_open, engine, text, neuron))
            target = find_target(engine, text, suggestions[0])
            for words in (20, 100):
                work = partial(connectivity, engine, target.node, target.word_id, words)
                timed(f"afterwards: connectivity, {words} words", work)
            timed(
                "afterwards: connectivity and its places, 100 words", partial(connections, engine, text, suggestions[0])
            )
    text = whole[:100]
    held = Intervention((GateHold("forget", 0.0),))
    for _ in range(_KEYS // _EVERY):
        engine.context.node(text)
        timed("an experiment, 100 characters", partial(compare, engine, text, held))
    click.echo("| what, computing | median | 99th percentile |")
    click.echo("| --- | ---: | ---: |")
    for name, seconds in times.items():
        found = Percentiles.of(seconds)
        click.echo(f"| {name} | {found.p50:.2f} ms | {found.p99:.2f} ms |")
    click.echo()


def measure_panel(given: Given) -> None:
    """Time what the panel's views compute at a keystroke: all neurons as bands, a few as rows, and curves."""
    engine = given.engine()
    state = PanelState(gates=engine.network.cell.gates, overviews=overview(engine))
    views = {"bands": BandsView(state), "rows": RowsView(state), "curves": CurvesView(state)}
    times: dict[str, list[float]] = {name: [] for name in ("suggestions", "gates", *views)}
    whole = "\n".join(turn for dialog in islice(read_dialogs([given.source]), 20) for turn in dialog.turns)
    ground = Style(color="white", bgcolor="black")
    for key in range(1, _KEYS + 1):
        text = whole[: _BEFORE + key]
        began = time.thread_time()
        suggest(engine, text)
        suggested = time.thread_time()
        state.replace_trace(trace(engine, engine.context.node(text), TRACED), new=True)
        times["suggestions"].append(suggested - began)
        times["gates"].append(time.thread_time() - suggested)
        for name, view in views.items():
            began = time.thread_time()
            view.lay_out(*_PANEL)
            for y in range(view.height):
                view.line(y, _PANEL[0], ground)
            times[name].append(time.thread_time() - began)
    click.echo("| at a keystroke, computing | median | 99th percentile | of the suggestions |")
    click.echo("| --- | ---: | ---: | ---: |")
    typical = Percentiles.of(times["suggestions"]).p50
    for name, seconds in times.items():
        found = Percentiles.of(seconds)
        click.echo(f"| {name} | {found.p50:.2f} ms | {found.p99:.2f} ms | {found.p50 / typical:.2f} |")


def _open(engine: Engine, text: str, neuron: int) -> None:
    """Open a neuron at the last word, as Enter in the panel does, up to the lines that are drawn."""
    layer = layer_names(engine.network)[0]
    opened = open_place(engine, StepPlace(text, "", TRACED, layer, neuron, 0))
    for gate in opened.step.gates:
        formula(opened.step, gate)
        lines(opened.step, gate)


PARTS: dict[str, Callable[[Given], None]] = {"live": measure_live, "panel": measure_panel, "inspect": measure_inspect}


@click.command()
@click.argument("source")
@click.argument("model", required=False, default="lstm-chat")
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="Only this part.")
@click.option("--words", multiple=True, default=(1_000, 10_000), show_default=True, help="Lengths of text.")
@click.option("--synthetic", "random_weights", is_flag=True, help="The network of `seqchat bench --synthetic`.")
def main(source: str, model: str, parts: tuple[str, ...], words: tuple[int, ...], random_weights: bool) -> None:
    """Run all parts, or some, on the dialogs of SOURCE."""
    for name in parts or PARTS:
        PARTS[name](Given(model, source, words, random_weights))


if __name__ == "__main__":
    main()
