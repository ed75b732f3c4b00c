"""What a network is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from seqchat.declared import Condition, Range, check, declared, metadata
from seqchat.errors import SeqchatError, one_line, quoted
from seqchat.model.cells import CELLS, NONLINEARITIES, Cell, find_cell

# The cells that have a choice of nonlinearities
_WITH_A_CHOICE = tuple(name for name, cell in CELLS.items() if cell.nonlinearities)

Objective = Literal["next", "infill", "window"]

# No network that can be trained is larger; a file that asks for more is refused before memory is allocated.
_LAYERS, _UNITS = Range(1, 100), Range(1, 100_000)
_MAX_PARAMETERS = 100_000_000_000
# With more, the products of two contexts overflow.
_MAX_CACHE_THETA = 1_000


@dataclass(frozen=True)
class ModelConfig:
    """Shape and objective of a network; fixed once it is trained.

    `objective`: ``next`` predicts each word from all words left of it; ``infill`` has a second stack that reads from
    the right and predicts from both sides; ``window`` reads the last `window` words alone, `bidirectional` or not.
    """

    vocabulary_size: int = field(metadata=metadata("Words of the vocabulary.", Range(1, 10_000_000)))
    cell: str = declared("lstm", "Recurrent cell.", choices=tuple(CELLS))
    layers: int = declared(1, "Recurrent layers.", _LAYERS)
    embedding_size: int = declared(256, "Units of a word's embedding.", _UNITS, option="--embedding")
    hidden_size: int = declared(512, "Units of a layer's hidden state.", _UNITS, option="--hidden")
    nonlinearity: str = declared(
        "tanh",
        f"Activation function of the cell {', '.join(_WITH_A_CHOICE)}.",
        choices=NONLINEARITIES,
        conditions=(Condition("cell", _WITH_A_CHOICE),),
    )
    objective: Objective = declared(
        "next", "Predict from all words to the left, from both sides, or from the last words alone."
    )
    window: int = declared(
        5,
        "Words that the objective window reads.",
        Range(1, 1_000),
        option="--window-words",
        conditions=(Condition("objective", ("window",)),),
    )
    bidirectional: bool = declared(False, "Read the window in both directions (objective window).")

    def __post_init__(self) -> None:
        check(self, of="A model's")
        if self.bidirectional and self.objective == "next":
            raise SeqchatError(
                "A model that predicts the next word cannot be bidirectional: from the right, it would read "
                "the word that it should predict. Choose the objective infill, or window."
            )
        if self.bidirectional and self.objective == "infill":
            raise SeqchatError("The objective infill has two directions already; leave bidirectional out.")
        if self.parameters > _MAX_PARAMETERS:
            raise SeqchatError(f"A model has at most {_MAX_PARAMETERS:,} parameters, not {self.parameters:,}.")

    @property
    def cell_kind(self) -> Cell:
        """The cell, with its nonlinearity."""
        return find_cell(self.cell, self.nonlinearity)

    @property
    def directions(self) -> int:
        """In how many directions the layers read a window."""
        return 2 if self.bidirectional else 1

    @property
    def parameters(self) -> int:
        """The number of weights of such a network."""
        e, h = self.embedding_size, self.hidden_size
        cell, width = CELLS[self.cell], h * self.directions
        inputs = [e] + [width] * (self.layers - 1)
        stack = self.directions * sum(cell.parameters(n, h) for n in inputs)
        projection = 0 if width == e else width * e
        total = self.vocabulary_size * (e + 1) + stack + projection
        if self.objective == "infill":
            total += stack + projection + (2 * h + 1) * h + h * e
        return total

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
            raise SeqchatError(
                f"The model's configuration has unknown entries: {one_line(', '.join(sorted(unknown)))}."
            )
        if missing := known - set(values):
            raise SeqchatError(f"The model's configuration lacks {', '.join(sorted(missing))}.")
        return cls(**values)


@dataclass(frozen=True)
class CacheWeights:
    """How the neural cache of what the writer wrote is mixed in (Grave, Joulin and Usunier 2017).

    cache_lambda: λ, the share of the probability that the cache has, 0 for no cache; cache_theta: θ, how sharply it
    prefers similar contexts.
    """

    cache_lambda: float = 0.0
    cache_theta: float = 0.1

    def __post_init__(self) -> None:
        if not (_is_number(self.cache_lambda) and 0 <= self.cache_lambda < 1):
            raise SeqchatError(f"cache_lambda must be at least 0 and less than 1, not {quoted(self.cache_lambda)}.")
        if not (_is_number(self.cache_theta) and 0 <= self.cache_theta <= _MAX_CACHE_THETA):
            raise SeqchatError(
                f"cache_theta must be a number from 0 to {_MAX_CACHE_THETA:,}, not {quoted(self.cache_theta)}."
            )

    @classmethod
    def from_json(cls, values: Any) -> CacheWeights:
        """Read the fields back; unknown ones are an error."""
        if not isinstance(values, Mapping) or set(values) - {"cache_lambda", "cache_theta"}:
            raise SeqchatError("Its entry 'cache' is not an object of cache_lambda and cache_theta.")
        return cls(**values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
