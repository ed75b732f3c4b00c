"""What a run reported, read back from its ``metrics.jsonl``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqchat.errors import SeqchatError

METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class History:
    """The reports of one run, in order."""

    name: str
    reports: list[dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> History:
        """Read the reports of a checkpoint directory."""
        path = folder / METRICS
        try:
            reports = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        except FileNotFoundError:
            raise SeqchatError(f"{folder} has no {METRICS}; is it the directory of a model?") from None
        except (OSError, ValueError) as error:
            raise SeqchatError(f"{path} cannot be read ({error}).") from error
        if not reports or not all(isinstance(r, dict) and isinstance(r.get("tokens"), int) for r in reports):
            raise SeqchatError(f"{path} holds no report yet.")
        return cls(folder.resolve().name, reports)

    def curve(self, measure: str) -> tuple[list[float], list[float]]:
        """Return millions of words read, and a metric at each of them; reports that lack it are left out."""
        points = [
            (report["tokens"] / 1e6, report[measure])
            for report in self.reports
            if isinstance(report.get(measure), int | float)
        ]
        if not points:
            known = ", ".join(sorted(k for k, v in self.reports[0].items() if isinstance(v, int | float)))
            raise SeqchatError(f"{self.name} has no metric {measure!r}; there are {known}.")
        return [x for x, _ in points], [float(y) for _, y in points]
