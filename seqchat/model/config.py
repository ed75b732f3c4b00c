"""What a network is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from seqchat.errors import SeqchatError

CellName = Literal["rnn", "lstm", "gru"]
Nonlinearity = Literal["tanh", "relu"]
Objective = Literal["next"]

# How many weight matrices stand below each other in a cell's fused weights.
_ROWS = {"rnn": 1, "gru": 3, "lstm": 4}


@dataclass(frozen=True)
class ModelConfig:
    """Shape and objective of a network; fixed once it is trained.

    Sizes are numbers of units; `nonlinearity` concerns the cell `rnn` alone. `dropout` is the share of units dropped
    while training. `objective` ``next`` predicts each word from all words left of it.
    """

    vocabulary_size: int
    cell: CellName = "lstm"
    layers: int = 1
    embedding_size: int = 256
    hidden_size: int = 512
    dropout: float = 0.4
    nonlinearity: Nonlinearity = "tanh"
    objective: Objective = "next"

    def __post_init__(self) -> None:
        for name in ("vocabulary_size", "layers", "embedding_size", "hidden_size"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise SeqchatError(f"A model's {name} is a whole number of at least 1, not {value!r}.")
        if not isinstance(self.dropout, int | float) or not 0 <= self.dropout < 1:
            raise SeqchatError(f"A model's dropout is at least 0 and less than 1, not {self.dropout!r}.")
        for name, allowed in (("cell", CellName), ("nonlinearity", Nonlinearity), ("objective", Objective)):
            if getattr(self, name) not in get_args(allowed):
                choices = ", ".join(get_args(allowed))
                raise SeqchatError(f"A model's {name} is one of {choices}, not {getattr(self, name)!r}.")

    @property
    def parameters(self) -> int:
        """The number of weights of such a network."""
        inputs = [self.embedding_size] + [self.hidden_size] * (self.layers - 1)
        rows = _ROWS[self.cell] * self.hidden_size
        recurrent = sum(rows * (n + self.hidden_size + 2) for n in inputs)
        projection = 0 if self.hidden_size == self.embedding_size else self.hidden_size * self.embedding_size
        return self.vocabulary_size * (self.embedding_size + 1) + recurrent + projection

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> ModelConfig:
        """Read the fields back; unknown or missing ones are an error."""
        if not isinstance(values, Mapping):
            raise SeqchatError("The model's configuration is not an object.")
        known = {f.name for f in fields(cls)}
        if unknown := set(values) - known:
            raise SeqchatError(f"The model's configuration has unknown entries: {', '.join(sorted(unknown))}.")
        if missing := known - set(values):
            raise SeqchatError(f"The model's configuration lacks {', '.join(sorted(missing))}.")
        return cls(**values)
