"""Everything a run needs to continue exactly where it was, in one file: safetensors with JSON in its header."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from seqchat.errors import SeqchatError
from seqchat.files import write_file
from seqchat.model.folder import FORMAT
from seqchat.model.migration import check_format, upgraded_run

# The progress of a run, and its progress at the last report.
STATE, GOOD = "state.safetensors", "report.safetensors"
_MODEL, _OPTIMIZER = "model.", "optimizer."


@dataclass(frozen=True)
class Snapshot:
    """A moment of a run: tensors by name, and counters and settings as JSON values."""

    tensors: dict[str, Tensor]
    values: dict[str, Any]

    @classmethod
    def take(
        cls,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        others: dict[str, Tensor],
        values: dict[str, Any],
    ) -> Snapshot:
        """Copy weights, optimizer, `others` and `values`."""
        tensors = {_MODEL + name: weight for name, weight in network.state_dict().items()}
        for index, entries in optimizer.state_dict()["state"].items():
            for name, value in entries.items():
                if value is not None:
                    tensors[f"{_OPTIMIZER}{index}.{name}"] = torch.as_tensor(value)
        tensors |= others
        return cls({n: t.detach().cpu().clone().contiguous() for n, t in tensors.items()}, values)

    def write(self, path: Path) -> None:
        """Write the snapshot into a file, atomically."""
        write_file(path, save(self.tensors, metadata={"format": str(FORMAT), "values": json.dumps(self.values)}))

    @classmethod
    def read(cls, path: Path) -> Snapshot:
        """Read a snapshot back."""
        if not path.is_file():
            raise SeqchatError(f"There is nothing to resume: {path} does not exist.")
        try:
            with safe_open(path, framework="pt") as file:
                header = file.metadata() or {}
                version = int(header.get("format", "1"))
                check_format(str(path), version)
                values = upgraded_run(json.loads(header["values"]), version)
                return cls({name: file.get_tensor(name) for name in file.keys()}, values)  # noqa: SIM118
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            raise SeqchatError(f"{path} is damaged ({error}).") from error

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Restore weights and optimizer."""
        try:
            network.load_state_dict(self.part(_MODEL))
        except RuntimeError as error:
            raise SeqchatError("The run to resume has weights of another shape.") from error
        entries: dict[int, dict[str, Tensor]] = {}
        for name, tensor in self.part(_OPTIMIZER).items():
            index, key = name.split(".", 1)
            entries.setdefault(int(index), {})[key] = tensor.clone()
        optimizer.load_state_dict({**optimizer.state_dict(), "state": entries})

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors whose names begin with `prefix`, without it."""
        return {n.removeprefix(prefix): t for n, t in self.tensors.items() if n.startswith(prefix)}
