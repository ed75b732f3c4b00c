"""Going on from a model with a person's text: how good it is on dialogs that nobody read, and what it forgets.

For each size: a model trained from scratch, the base as it is, and the base fine-tuned, each with its n-grams, cache
and lexicon, on the same dialogs of the person, which are in none of the trainings. Forgetting is measured on the
dialogs that the base's own training kept for testing.

    python tests/benchmarks/fine_tuning.py ../shared/data/written/zh-short-texting.jsonl \
        --own ../shared/data/sms.jsonl --sizes 400,2000
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.splitting import digest
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.evaluation.pipeline import evaluate_texts
from seqchat.evaluation.texts import held_out_rule, read_texts
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.model_registry import find
from seqchat.training.events import StepInfo, TrainingReport
from seqchat.training.loop import Trainer
from seqchat.training.presets import FINE_TUNING, PRESETS
from seqchat.training.run import train
from seqchat.training.settings import TrainingSettings
from seqchat.training.task import Task

# Of every so many dialogs of the person, by their hashes, the first is for measuring alone, and the second for choosing
# settings.
_TESTED = 6
_OTHER = 1 << 32


class _Quiet:
    """Remembers only when the reports came."""

    def message(self, text: str) -> None: ...

    def progress(self, text: str, share: float) -> None: ...

    def start(self, trainer: Trainer, parameters: int) -> None: ...

    def step(self, info: StepInfo) -> None: ...

    def report(self, report: TrainingReport) -> None: ...


@click.command()
@click.argument("texts", nargs=-1, required=True)
@click.option("--base", default="lstm-chat", show_default=True)
@click.option("--own", multiple=True, help="A text that the base learned from, to measure what is forgotten.")
@click.option("--sizes", default="400,2000,9200", show_default=True, help="Messages of the person.")
@click.option("--replay", default="0", show_default=True, help="Shares of the loss, each a run.")
@click.option("--scratch/--no-scratch", default=True)
@click.option("--recipe", default="{}", help="Settings to change, as JSON.")
@click.option("--choosing", is_flag=True, help="Measure on the dialogs for choosing settings, and not on the test.")
def main(
    texts: tuple[str, ...],
    base: str,
    own: tuple[str, ...],
    sizes: str,
    replay: str,
    scratch: bool,
    recipe: str,
    choosing: bool,
) -> None:
    """Print a line for each model: bits per character and top-5 on the person's dialogs, and on the base's own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        dialogs = sorted(read_dialogs(texts), key=lambda dialog: digest(dialog) % _OTHER)
        tested = [dialog for number, dialog in enumerate(dialogs) if number % _TESTED == choosing]
        learned = [dialog for number, dialog in enumerate(dialogs) if number % _TESTED > 1]
        test = _written(folder / "test.jsonl", tested)
        print(f"{'':28}{'bits/char':>10}{'top-5':>8}{'own b/c':>9}{'top-5':>8}{'seconds':>9}", flush=True)
        _measure(f"{base} as it is", find(base), test, base, own, 0, folder)
        cell = Checkpoint.load(find(base)).config.cell
        for size in map(int, sizes.split(",")):
            text = _written(folder / f"{size}.jsonl", list(_first(learned, size)))
            if scratch:
                task = Task([text], PRESETS["tiny"].network)
                _run(f"{size:,} from scratch", task, PRESETS["tiny"].settings("lstm"), test, base, own, folder)
            for share in map(float, replay.split(",")):
                changes: dict[str, Any] = {"replay": share, **json.loads(recipe)}
                task = Task([text], {}, base=base, validation_share=FINE_TUNING.validation_share)
                settings = FINE_TUNING.settings(cell, **changes)
                _run(f"{size:,} fine-tuned, replay {share:g}", task, settings, test, base, own, folder)


def _written(path: Path, dialogs: list[Dialog]) -> str:
    path.write_text("".join(json.dumps({"dialog": list(dialog.turns)}) + "\n" for dialog in dialogs), "utf-8")
    return str(path)


def _first(dialogs: list[Dialog], messages: int) -> Iterator[Dialog]:
    for dialog in dialogs:
        if messages <= 0:
            return
        yield dialog
        messages -= len(dialog.turns)


def _run(
    title: str, task: Task, settings: TrainingSettings, test: str, base: str, own: tuple[str, ...], folder: Path
) -> None:
    began = time.monotonic()
    train(task, settings, folder / "model", _Quiet())
    _measure(title, folder / "model", test, base, own, time.monotonic() - began, folder)


def _measure(title: str, model: Path, test: str, base: str, own: tuple[str, ...], seconds: float, folder: Path) -> None:
    loaded, data = EvaluatedModel.load(model), EvaluatedModel.load(find(base)).checkpoint.data
    segmenter = loaded.checkpoint.segmenter
    with TemporaryDirectory(dir=folder) as name:
        quality = evaluate_texts(loaded, read_texts([test], folder, segmenter=segmenter), Path(name), 0, _Quiet()).text
        line = f"{title:28}{quality.bits_per_character:10.3f}{100 * quality.overall.top5:8.1f}"
        if own:
            rule = held_out_rule(data).test_mask
            known = read_texts(own, folder, segmenter=segmenter, drop=data.get("drop", ()), selection=rule)
            before = evaluate_texts(loaded, known, Path(name), 0, _Quiet()).text
            line += f"{before.bits_per_character:9.3f}{100 * before.overall.top5:8.1f}"
    print(f"{line}{seconds:9.0f}", flush=True)


if __name__ == "__main__":
    main()
