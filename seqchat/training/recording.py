"""What a run leaves in its folder while it trains: weights, snapshots to resume from, and a line for each report."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seqchat.files import write_file
from seqchat.model.folder import TRAINING
from seqchat.model.weights import compact, save_weights
from seqchat.training.events import TrainingReport
from seqchat.training.history import METRICS
from seqchat.training.loop import Trainer
from seqchat.training.snapshot import GOOD, STATE, Snapshot

# A run that is killed loses at most this much work.
_SNAPSHOT_SECONDS = 60.0


class Recorder:
    """Saves what a trainer reaches; with several processes, all of them must call its methods together."""

    def __init__(self, folder: Path, trainer: Trainer) -> None:
        self._folder, self._trainer = folder, trainer
        self._saved = time.monotonic()
        self._good: Snapshot | None = None

    def forget_later_reports(self) -> None:
        """Drop the reports of a killed run after its last snapshot; they will be made again."""
        path = self._folder / METRICS
        if self._trainer.group.leads and path.exists():
            lines = path.read_text("utf-8").splitlines(keepends=True)
            write_file(path, "".join(lines[: self._trainer.counters.reports]))

    def save_from_time_to_time(self) -> None:
        """Write a snapshot, if the last one is old enough."""
        if self._trainer.group.any(time.monotonic() - self._saved > _SNAPSHOT_SECONDS):
            self.save_snapshot()

    def save_report(self, report: TrainingReport) -> None:
        """Write the line of a report, a snapshot, and the weights if they are the best so far."""
        if self._trainer.group.leads:
            if report.improved:
                self._save_weights()
            with (self._folder / METRICS).open("a", encoding="utf-8") as metrics:
                metrics.write(json.dumps(_flat(report)) + "\n")
        self.save_snapshot()

    def save_interrupted(self) -> None:
        """Write a snapshot, and the weights where no report has written any."""
        self.save_snapshot()
        if self._trainer.counters.reports == 0 and self._trainer.group.leads:
            self._save_weights()

    def save_snapshot(self) -> None:
        """Write a snapshot of the run."""
        snapshot = self._trainer.snapshot()
        if self._trainer.group.leads:
            # Between reports, the state that a diverging run returns to differs from the current one.
            if self._trainer.counters.since_report and self._good is not self._trainer.good:
                self._good = self._trainer.good
                self._good.write(self._folder / TRAINING / GOOD)
            snapshot.write(self._folder / TRAINING / STATE)
        self._saved = time.monotonic()

    def _save_weights(self) -> None:
        with self._trainer.average.applied():
            weights = compact(self._trainer.network.state_dict())
        save_weights(self._folder, weights)


def _flat(report: TrainingReport) -> dict[str, Any]:
    values = asdict(report)
    quality, heads, sources = values.pop("quality"), values.pop("heads"), values.pop("sources")
    validation = {f"validation_{name}": value for name, value in quality.items()}
    if len(heads) > 1:
        validation |= {f"{head}_perplexity": measures["perplexity"] for head, measures in heads.items()}
    if len(sources) > 1:
        values["sources"] = {
            name: {measure: each[measure] for measure in ("perplexity", "top1", "top5")}
            for name, each in sources.items()
        }
    return {**values, **validation, "time": time.time()}
