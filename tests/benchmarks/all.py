"""Everything that the documents measure, each part with the command that they quote; one report of it all.

    python tests/benchmarks/all.py --data ../shared/data --out measured
    python tests/benchmarks/all.py --quick --out smoke          # whether each command still runs; needs no data
    python tests/benchmarks/all.py --data ../shared/data --only start --only bench
    python tests/benchmarks/all.py --list

Parts run one after the other. The folder has `results.json`, with the machine, and for each part its command, status,
times, peak memory and output, and `results.md`, the same to be read; both are written after each part. A part whose
files are not there is left out, and said to be so.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import click

from seqchat.corpus.sources import read_dialogs

ROOT = Path(__file__).parents[2]
_BENCHMARKS = "tests/benchmarks/"
# What stands for files of the reader's own in the documents, and what is taken for it here
_STANDS_FOR = {
    "TEXT_FOLDER": "zh",
    "PTB_FOLDER": "ptb",
    "TEXT": "kdconv.jsonl",
    "FILES": "written/zh-*.jsonl kdconv.jsonl",
}
# Files that a command reads
_ENDS = (".jsonl", ".txt")
# What a quick run reads instead of data
_SMALL = "small"
_SMALL_DIALOGS = 12


@dataclass(frozen=True)
class Part:
    """A measurement.

    name: for --only; section: of docs/measurements.md; command: as quoted there; quick: the same of little.
    """

    name: str
    section: str
    command: str
    quick: str


_PROMPTS = "--drop '<(#|DECIMAL|TIME|EMAIL)>'"
_MIXED = (
    "--data 'written/zh*.jsonl' --data zh/tatoeba.jsonl --data zh/tencent-prompts.jsonl --data kdconv.jsonl "
    f"--data sample {_PROMPTS}"
)
PARTS = (
    Part(
        "chinese",
        "Quality",
        "seqchat eval lstm-chat 'written/zh*.jsonl' --held-out --pinyin --phrases 200",
        "seqchat eval rnn-chat small/a.txt --pinyin --phrases 3",
    ),
    Part(
        "english",
        "Quality",
        "seqchat eval lstm-chat 'written/en*.jsonl' en/convai2.jsonl en/nus-sms.jsonl en/tatoeba.jsonl --held-out "
        "--by source --keystrokes 5000",
        "seqchat eval rnn-chat small/a.txt --by source --keystrokes 20",
    ),
    Part(
        "sources",
        "Quality",
        f"seqchat eval lstm-chat kdconv.jsonl crosswoz.jsonl sms.jsonl sample {_PROMPTS} --held-out --by source",
        f"seqchat eval rnn-chat small/a.txt {_PROMPTS} --by source --keystrokes 0",
    ),
    Part(
        "xpersona",
        "Quality",
        "seqchat eval lstm-chat zh/xpersona.jsonl",
        "seqchat eval rnn-chat small/a.txt --keystrokes 0",
    ),
    *(
        Part(
            f"neutral-{name}",
            "Quality",
            f"python tests/benchmarks/neutral.py lstm-chat zh/{name}.jsonl{foreign}",
            "python tests/benchmarks/neutral.py rnn-chat small/a.txt --foreign --count 3",
        )
        for name, foreign in (("tatoeba", ""), ("commonvoice-cn", " --foreign"), ("xpersona", " --foreign"))
    ),
    Part(
        "english-peers",
        "Quality",
        "seqchat compare lstm-chat --baselines --data 'written/en*.jsonl' --data en/convai2.jsonl --data "
        "en/tatoeba.jsonl --keystrokes 5000",
        "seqchat compare rnn-chat --data small/a.txt --keystrokes 20",
    ),
    Part(
        "models",
        "Other models",
        f"seqchat compare lstm-chat-small gru-chat rnn-chat --baselines --lexicon none {_MIXED}",
        "seqchat compare gru-chat rnn-chat --lexicon none --data small/a.txt --keystrokes 0",
    ),
    Part(
        "networks",
        "Other models",
        f"seqchat compare lstm-chat-small gru-chat rnn-chat --network-only --held-out {_MIXED}",
        "seqchat compare gru-chat rnn-chat --network-only --data small/a.txt --keystrokes 0",
    ),
    Part("bench", "A keystroke", "seqchat bench lstm-chat", "seqchat bench rnn-chat"),
    Part("bench-synthetic", "A keystroke", "seqchat bench --synthetic", "seqchat bench rnn-chat"),
    Part(
        "start",
        "A keystroke",
        "python tests/benchmarks/start.py",
        "python tests/benchmarks/start.py rnn-chat --times 1",
    ),
    Part(
        "keystroke",
        "A keystroke",
        "python tests/benchmarks/keystroke.py TEXT",
        "python tests/benchmarks/keystroke.py small/a.txt rnn-chat --messages 2",
    ),
    Part(
        "typing-prices",
        "Pinyin",
        "python tests/benchmarks/typing_prices.py FILES --tune --count 400",
        "python tests/benchmarks/typing_prices.py small/a.txt --model rnn-chat --count 5",
    ),
    Part(
        "short-forms",
        "Pinyin",
        "python tests/benchmarks/short_forms.py written/zh-*.jsonl --count 90",
        "python tests/benchmarks/short_forms.py small/a.txt --model rnn-chat --count 3",
    ),
    Part(
        "app-keys",
        "The app",
        "python tests/benchmarks/app.py --part keys --typed 150",
        "python tests/benchmarks/app.py rnn-chat --part keys --typed 10",
    ),
    Part(
        "app-composing",
        "The app",
        "python tests/benchmarks/app.py --part composing --typed 120",
        "python tests/benchmarks/app.py rnn-chat --part composing --typed 10",
    ),
    Part(
        "app-paste",
        "The app",
        "python tests/benchmarks/app.py --part paste",
        "python tests/benchmarks/app.py rnn-chat --part order --times 2",
    ),
    Part(
        "app-session",
        "The app",
        "python tests/benchmarks/app.py --part session",
        "python tests/benchmarks/app.py rnn-chat --part session --keys 30",
    ),
    Part(
        "app-soak",
        "The app",
        "python tests/benchmarks/soak.py",
        "python tests/benchmarks/soak.py rnn-chat --minutes 0.1",
    ),
    Part(
        "editors",
        "Editors",
        "python tests/benchmarks/lsp.py --keys 40 --times 2",
        "python tests/benchmarks/lsp.py rnn-chat --keys 3 --times 1",
    ),
    Part(
        "insight",
        "Looking inside",
        "python tests/benchmarks/insight.py kdconv.jsonl --part live --part panel",
        "python tests/benchmarks/insight.py small/a.txt lstm-chat-small --words 20",
    ),
    Part(
        "watching",
        "Looking inside",
        "python tests/benchmarks/watching.py kdconv.jsonl --seconds 55 --turns 1 --interval 20000",
        "python tests/benchmarks/watching.py small/a.txt --seconds 2 --turns 1 --interval 500",
    ),
    Part(
        "inspect",
        "Looking inside",
        "seqchat inspect --file TEXT --out gates.npz",
        "seqchat inspect 我想去北京 -m rnn-chat --out gates.npz",
    ),
    Part("remembering", "What remembers", "seqchat lab memory", "seqchat lab memory --help"),
    Part(
        "tracked",
        "What neurons track",
        "seqchat neurons track -m lstm-chat-small --data kdconv.jsonl --data crosswoz.jsonl --data sms.jsonl",
        "seqchat neurons track -m rnn-chat --data sample --words 2000",
    ),
    Part(
        "fine-tuning",
        "Going on from a model",
        "python tests/benchmarks/fine_tuning.py TEXT --base lstm-chat-small --own sms.jsonl --sizes 400,2000 "
        "--replay 0,0.5",
        "python tests/benchmarks/fine_tuning.py --help",
    ),
    Part(
        "fine-tuning-epochs",
        "Going on from a model",
        "python tests/benchmarks/fine_tuning.py TEXT --sizes 400,2000,9200 --recipe '{\"epochs\": 5}'",
        "python tests/benchmarks/fine_tuning.py --help",
    ),
    Part(
        "fine-tuning-choosing",
        "Going on from a model",
        "python tests/benchmarks/fine_tuning.py TEXT --sizes 400 --no-scratch --choosing --recipe '{\"epochs\": 20}'",
        "python tests/benchmarks/fine_tuning.py --help",
    ),
    Part(
        "gaps",
        "Text on both sides",
        "python tests/benchmarks/gaps.py lstm-chat-infill lstm-chat-small FILES",
        "python tests/benchmarks/gaps.py lstm-chat-infill lstm-chat-small small/a.txt --count 5",
    ),
    Part("ptb", "Penn Treebank", "python tests/benchmarks/ptb.py PTB_FOLDER", "python tests/benchmarks/ptb.py --help"),
    Part(
        "ptb-short",
        "Penn Treebank",
        "python tests/benchmarks/ptb.py PTB_FOLDER --minutes 2.5 --cells lstm --set ngrams=0",
        "python tests/benchmarks/ptb.py --help",
    ),
    Part(
        "ptb-loops",
        "Penn Treebank",
        "python tests/benchmarks/loops.py PTB_FOLDER --minutes 10",
        "python tests/benchmarks/loops.py --help",
    ),
    Part(
        "steps",
        "Training speed",
        "python tests/benchmarks/steps.py TEXT_FOLDER",
        "python tests/benchmarks/steps.py small --words 9000 --steps 2",
    ),
    Part(
        "training",
        "Training speed",
        "python tests/benchmarks/training.py TEXT_FOLDER --epochs 0",
        "python tests/benchmarks/training.py small --minutes 0.05 --words 500 --epochs 0",
    ),
    Part(
        "sampled-softmax",
        "Training speed",
        "python tests/benchmarks/training.py TEXT_FOLDER --minutes 0 --epochs 1 --words 50000",
        "python tests/benchmarks/training.py --help",
    ),
    Part(
        "memory-train",
        "Training speed",
        "python tests/benchmarks/memory.py TEXT_FOLDER --seconds 45",
        "python tests/benchmarks/memory.py --help",
    ),
    Part(
        "memory-eval",
        "Training speed",
        "python tests/benchmarks/memory.py kdconv.jsonl --command eval",
        "python tests/benchmarks/memory.py --help",
    ),
    *(
        Part(
            f"evaluation-{model}",
            "Evaluation speed",
            f"python tests/benchmarks/evaluation.py {model} kdconv.jsonl --share {share} --network-only",
            "python tests/benchmarks/evaluation.py rnn-chat small/a.txt --share 1 --network-only",
        )
        for model, share in (("lstm-chat-small", "0.05"), ("lstm-chat", "0.015"))
    ),
    Part(
        "cells",
        "minGRU and GRU",
        "python tests/benchmarks/cells.py gru mingru --seconds 60",
        "python tests/benchmarks/cells.py gru mingru --seconds 2",
    ),
)


@dataclass(frozen=True)
class Result:
    """What came of a part; status: None if its files are not there. Times are in seconds, memory in MB."""

    name: str
    section: str
    command: str
    status: int | None
    seconds: float = 0.0
    processor_seconds: float = 0.0
    peak: float = 0.0
    output: str = ""

    @property
    def verdict(self) -> str:
        """How it ended, in a word or two."""
        return {None: "files missing", 0: "done"}.get(self.status, f"failed with status {self.status}")


def shell_line(command: str, folder: Path) -> str | None:
    """Return a documented command for this Python and this checkout; None if a file that it reads is not there."""
    line = re.sub("|".join(_STANDS_FOR), lambda match: _STANDS_FOR[match[0]], command)
    words = shlex.split(line)
    if any(word.endswith(_ENDS) and not any(folder.glob(word)) for word in words):
        return None
    python = shlex.quote(sys.executable)
    program = {"seqchat": f"{python} -m seqchat", "python": python}[words[0]]
    return f"{program} {line.partition(' ')[2]}".replace(_BENCHMARKS, f"{shlex.quote(str(ROOT))}/{_BENCHMARKS}")


def measure(part: Part, command: str, folder: Path) -> Result:
    """Run a command in a folder with the data; what it prints is kept, and what it complains of is shown."""
    line = shell_line(command, folder)
    if line is None:
        return Result(part.name, part.section, command, None)
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            ["/bin/sh", "-c", line], cwd=folder, env={**os.environ, "PYTHONPATH": path}, stdout=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    processor, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return Result(part.name, part.section, command, process.returncode, seconds, processor, peak, text)


def machine() -> dict[str, object]:
    """Say what is measured, and on what."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "python": platform.python_version(),
        "torch": version("torch"),
        "system": platform.platform(),
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def report(about: dict[str, object], results: Sequence[Result]) -> str:
    """Write results as Markdown: one table of the parts, then what each printed."""
    lines = [", ".join(f"{name} {value}" for name, value in about.items()), ""]
    lines += ["| part | result | seconds | processor time | peak memory |", "| --- | --- | ---: | ---: | ---: |"]
    for result in results:
        cells = f"{result.seconds:.0f} | {result.processor_seconds:.0f} s | {result.peak:.0f} MB"
        lines.append(f"| {result.name} | {result.verdict} | {cells if result.status is not None else '| |'} |")
    section = ""
    for result in results:
        lines += [""] + ([f"## {result.section}", ""] if result.section != section else [])
        section = result.section
        lines += ["```sh", result.command, "```", "", result.output.strip()]
    return "\n".join(lines) + "\n"


def small_text(folder: Path) -> None:
    """Write a little of the sample, for quick runs."""
    (folder / _SMALL).mkdir()
    dialogs = [dialog.turns for dialog in islice(read_dialogs(["sample"]), _SMALL_DIALOGS)]
    (folder / _SMALL / "a.txt").write_text("\n\n".join("\n".join(turns) for turns in dialogs), "utf-8")


def chosen(names: Sequence[str]) -> list[Part]:
    """Return the parts with these names, all if there are none."""
    return [part for part in PARTS if not names or part.name in names]


def run(parts: Sequence[Part], folder: Path, out: Path, *, quick: bool) -> list[Result]:
    """Measure parts, and write what there is after each."""
    out.mkdir(parents=True, exist_ok=True)
    about, results = machine(), []
    for part in parts:
        click.echo(f"{part.name}: {part.quick if quick else part.command}", err=True)
        results.append(measure(part, part.quick if quick else part.command, folder))
        click.echo(f"  {results[-1].verdict}, {results[-1].seconds:.0f} s", err=True)
        found = {"machine": about, "quick": quick, "parts": [asdict(result) for result in results]}
        (out / "results.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
        (out / "results.md").write_text(report(about, results), "utf-8")
    return results


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The folder of the texts.")
@click.option("--out", default="measured", show_default=True, type=click.Path(path_type=Path), help="For the results.")
@click.option("--only", "names", multiple=True, type=click.Choice([part.name for part in PARTS]), metavar="PART")
@click.option("--quick", is_flag=True, help="Whether each still runs: smaller models and little text.")
@click.option("--list", "lists", is_flag=True, help="Print the parts and their commands.")
def main(data: Path | None, out: Path, names: tuple[str, ...], quick: bool, lists: bool) -> None:
    """Measure all parts, or some; status 1 if one failed."""
    parts = chosen(names)
    if lists:
        for part in parts:
            click.echo(f"{part.name}\n    {part.command}")
        return
    if data is None and not quick:
        raise click.UsageError("--data names the folder of the texts; --quick needs none.")
    with tempfile.TemporaryDirectory(prefix="seqchat-all-") as name:
        # What a command writes does not go to the data.
        folder = Path(name)
        if quick:
            small_text(folder)
        for path in data.resolve().iterdir() if data is not None else ():
            (folder / path.name).symlink_to(path)
        results = run(parts, folder, out.resolve(), quick=quick)
    if any(result.status for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
