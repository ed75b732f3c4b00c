"""What a run is doing now, in one small file that is replaced every half second; needs no PyTorch."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from seqchat.errors import SeqchatError, one_line, quoted
from seqchat.files import read_bytes, write_file

# The files of a run's `training` folder that are written for whoever looks at it
STATUS, STEPS, BEHAVIOUR, CONTROL = "status.json", "steps.jsonl", "behaviour.jsonl", "control"
COURSE_FORMAT = 1
# A status takes less than a thousandth of it.
_MOST_BYTES = 1_000_000

State = Literal["reading", "training", "paused", "finishing", "ended", "failed"]


@dataclass(frozen=True)
class Status:
    """What a run is doing.

    run: a name for this run of the folder, as another one may replace it; show: what it is meant to show, if anything;
    host, process: where it runs; text: what is being read, or why it failed; share: of the run that is done, 0 to 1;
    seconds: of training, without pauses; seconds_left: until it ends, as far as can be told; words_per_second, loss,
    gradient_norm (before clipping), clipped_norm: the means since the last status; time: when it was written, in
    seconds since 1970.
    """

    run: str
    state: State
    host: str = ""
    process: int = 0
    show: str = ""
    text: str = ""
    cell: str = ""
    parameters: int = 0
    processes: int = 1
    tokens: int = 0
    total_tokens: int = 0
    epoch: float = 0.0
    share: float = 0.0
    seconds: float = 0.0
    seconds_left: float | None = None
    words_per_second: float = 0.0
    loss: float | None = None
    gradient_norm: float | None = None
    clipped_norm: float | None = None
    clip: float = 0.0
    learning_rate: float = 0.0
    recoveries: int = 0
    outcome: str = ""
    time: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, well or not."""
        return self.state in ("ended", "failed")

    def write(self, folder: Path) -> None:
        """Write it into the `training` folder of a run; losing it costs nothing, so it is not forced to the disk."""
        values = {"format": COURSE_FORMAT, **_finite(asdict(self))}
        write_file(folder / STATUS, json.dumps(values, ensure_ascii=False) + "\n", lasting=False)

    @classmethod
    def read(cls, folder: Path) -> Status | None:
        """Read it from the `training` folder of a run; None if there is none.

        Raises:
            SeqchatError: it is damaged, or of a newer format.
        """
        path = folder / STATUS
        try:
            document = json.loads(read_bytes(path, _MOST_BYTES).decode("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise SeqchatError(f"{path} cannot be read ({one_line(error)}).") from error
        return cls._parse(document, path)

    @classmethod
    def _parse(cls, document: Any, path: Path) -> Status:
        version = document.get("format") if isinstance(document, dict) else None
        if type(version) is not int or version < 1:
            raise SeqchatError(f"{path} is not the status of a run of training.")
        if version > COURSE_FORMAT:
            raise SeqchatError(
                f"{path} has format {quoted(version)}, and this seqchat reads formats up to {COURSE_FORMAT}; install a "
                "newer seqchat to watch this run."
            )
        known = {f.name: f for f in fields(cls)}
        values = {name: value for name, value in document.items() if name in known}
        wrong = [name for name, value in values.items() if not _fits(value, str(known[name].type))]
        if wrong or not {"run", "state"} <= set(values) or values["state"] not in get_args(State):
            raise SeqchatError(f"{path} is damaged: its {wrong[0] if wrong else 'state'} is not what it should be.")
        return cls(**values)


def _fits(value: Any, kind: str) -> bool:
    """Whether a JSON value has the type of a field, as it is written there."""
    if value is None:
        return kind.endswith("None")
    if kind.startswith("float"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is int if kind == "int" else isinstance(value, str)


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with None for numbers that JSON does not have."""
    return {n: None if isinstance(v, float) and not math.isfinite(v) else v for n, v in values.items()}
