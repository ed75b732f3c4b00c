"""What a network does at one moment of its training, on words that stay the same; needs no PyTorch to read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.errors import SeqchatError, quoted

# No file has more of anything.
_MOST = 10_000


@dataclass(frozen=True)
class Quantised:
    """Values [words, neurons] in steps of a 255th of a range."""

    low: float
    high: float
    steps: NDArray[np.uint8]

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> Quantised:
        """Quantise within the range of the values themselves, which includes 0."""
        finite = np.nan_to_num(values, nan=0.0, posinf=1e30, neginf=-1e30)
        low, high = min(float(finite.min()), 0.0), max(float(finite.max()), 0.0)
        share = (finite - low) / (high - low) if high > low else np.zeros_like(finite)
        return cls(low, high, np.round(share * 255).astype(np.uint8))

    @property
    def values(self) -> NDArray[np.float32]:
        """The values, off by a 510th of the range at most."""
        values: NDArray[np.float32] = (self.low + self.steps / np.float32(255) * (self.high - self.low)).astype(
            np.float32
        )
        return values

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        # Four digits, as the range has more than 255 steps of it
        low, high = (float(f"{limit:.4g}") for limit in (self.low, self.high))
        return {"low": low, "high": high, "steps": self.steps.tolist()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Quantised:
        """Read it back."""
        steps = np.array(document["steps"], dtype=np.uint8)
        if steps.ndim != 2 or max(steps.shape) > _MOST:
            raise ValueError("its steps are no table")
        return cls(float(document["low"]), float(document["high"]), steps)


@dataclass(frozen=True)
class Behaviour:
    """What a network does.

    tokens: how many it has learned from; prompt, continuation: a text, and how the network continues it, drawn with the
    same random numbers each time; words: the labels of a sentence; neurons: the numbers, from 0, of those that are
    recorded; layers: by the name of a layer, the gates at each word of the sentence; reach: for each state the norm of
    ∂L_t/∂h_{t−k} as in `GradientFlow.norms`, [distance + 1]; none where gradients cannot be followed.
    """

    tokens: int
    prompt: str
    continuation: str
    words: list[str]
    neurons: list[int]
    layers: dict[str, dict[str, Quantised]]
    reach: dict[str, list[float]]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        layers = {name: {gate: values.to_json() for gate, values in of.items()} for name, of in self.layers.items()}
        reach = {state: [float(f"{norm:.4g}") for norm in norms] for state, norms in self.reach.items()}
        return {**vars(self), "layers": layers, "reach": reach}

    @classmethod
    def from_json(cls, document: Any) -> Behaviour:
        """Read it back.

        Raises:
            SeqchatError: it is something else.
        """
        try:
            return cls(
                int(document["tokens"]),
                str(document["prompt"]),
                str(document["continuation"]),
                [str(word) for word in document["words"]],
                [int(neuron) for neuron in document["neurons"]],
                {
                    str(name): {str(gate): Quantised.from_json(values) for gate, values in of.items()}
                    for name, of in document["layers"].items()
                },
                {str(state): [float(norm) for norm in norms] for state, norms in document["reach"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise SeqchatError(f"What the network did at a report cannot be read ({quoted(error)}).") from error
