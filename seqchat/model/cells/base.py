"""What a recurrent cell must offer; each other file of this folder is a cell, with everything that is special to it.

Descriptions (gates, formulas, shapes) are plain data and need no torch, so that commands and the app can list them at
once; arithmetic imports it inside its functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from seqchat.model.cells.opening import Formula, OpenedGate

    Floats = NDArray[np.float32]

Gates = dict[str, "Tensor"]
# The weights of a layer by the names that the cell gives them
LayerWeights = Mapping[str, "Tensor"]
# The name of a gate, its values [batch, hidden] → the values to continue with: other ones where a gate is held
Hold = Callable[[str, "Tensor"], "Tensor"]

# What a gate does. An update gate keeps (GRU: 1 keeps the old state) or writes (minGRU: 1 writes the candidate).
Role = Literal["keep", "write", "reset", "output", "candidate", "state"]

# A state without an upper end could grow over many words until it is no longer a number.
MAX_STATE = 1e10
_SMALLEST = 1.1754943508222875e-38


def free(_: str, values: Tensor) -> Tensor:
    """Hold nothing."""
    return values


@dataclass(frozen=True)
class Gate:
    """One visible quantity of a cell.

    symbol, formula: how papers write it, in the notation of `torch.nn`; english, chinese: its names; what_en, what_zh:
    what it is for. low, high: the range of its values, infinite if it has no end; if it has none but a scale is drawn
    even so (`bounded` is false), where most values lie. saturation: limits below and above which it is saturated, where
    they do not follow from the range.
    """

    name: str
    symbol: str
    role: Role
    low: float
    high: float
    formula: str
    english: str
    chinese: str
    what_en: str
    what_zh: str
    bounded: bool = True
    saturation: tuple[float, float] | None = None

    @property
    def kind(self) -> Literal["sigmoid", "signed", "positive"]:
        """What its values look like: from 0 to 1, of both signs, or from 0 without an end."""
        if self.low < 0:
            return "signed"
        return "sigmoid" if self.high == 1 else "positive"

    @property
    def limits(self) -> tuple[float, float]:
        """The values it can be held at: any number if it has no upper end."""
        endless = not self.bounded or self.high == math.inf
        return (-math.inf, math.inf) if endless else (self.low, self.high)

    @property
    def saturation_limits(self) -> tuple[float, float]:
        """Below which value it is left-saturated, and above which right-saturated.

        Those of Karpathy, Johnson and Li (2015) for a sigmoid, −0.9 and 0.9 for a tanh; a value without an upper end is
        left-saturated at 0 and never right-saturated.
        """
        if self.saturation:
            return self.saturation
        return {"sigmoid": (0.1, 0.9), "signed": (-0.9, 0.9), "positive": (_SMALLEST, math.inf)}[self.kind]

    @property
    def centre(self) -> float:
        """The middle of its range, 0 if that has no upper end."""
        return 0.0 if self.high == math.inf else (self.low + self.high) / 2

    @property
    def usual_high(self) -> float:
        """A high value: the upper end, 1 if there is none."""
        return 1.0 if self.high == math.inf else self.high

    def top(self, values: Floats) -> float:
        """Return the upper end of a scale for some values: that of the range, or the largest value if it has none."""
        return self.high if self.high < math.inf else max(float(values.max(initial=0)), 1e-6)


# What is the same in several cells
WRITABLE_EN = "What could be written into the memory now."
WRITABLE_ZH = "此刻可以写入记忆的新内容。"


@dataclass(frozen=True)
class KeepGate:
    """What multiplies the state from step to step: the gate itself, or 1 minus the gate if it writes."""

    name: str
    writes: bool = False

    @property
    def in_formulas(self) -> str:
        """The share of the old state that stays, as a formula writes it."""
        return f"(1 − {self.name})" if self.writes else self.name

    @property
    def in_words(self) -> str:
        """The same in a sentence."""
        return f"1 − the {self.name} gate" if self.writes else f"the {self.name} gate"

    def kept(self, values: Any) -> Any:
        """Return the share of the old state that stays, for values of the gate (tensor or array)."""
        return 1 - values if self.writes else values


class Cell:
    """A kind of recurrent cell.

    name, title: in commands and on the screen; state_names: the gates that are its state, carried from word to word,
    the one that it is built to keep last; gates: in the order of the formulas; formulas: of each gate, by its name;
    keep_gate: None where nothing decides what stays; nonlinearities: those to choose from, if any; recurrent_weights:
    the names of what weight dropout drops; lr_scale: of the learning rate that suits a gated cell; context_layers: how
    many layers it takes until a gate sees more than its own word.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    state_names: ClassVar[tuple[str, ...]] = ("hidden",)
    keep_gate: ClassVar[KeepGate | None] = None
    nonlinearities: ClassVar[tuple[str, ...]] = ()
    recurrent_weights: ClassVar[tuple[str, ...]] = ()
    lr_scale: ClassVar[float] = 1.0
    context_layers: ClassVar[int] = 1
    gates: tuple[Gate, ...]
    formulas: Mapping[str, Formula]

    def with_nonlinearity(self, name: str) -> Cell:
        """Return the cell with one of its nonlinearities; a cell that has no choice is returned as it is."""
        return self

    # --- description

    @property
    def kept_state(self) -> str:
        """The state that the cell is built to keep."""
        return self.state_names[-1]

    @property
    def lacks_keep_gate(self) -> str:
        """The sentence that says what cannot be shown without a keep gate."""
        return f"The {self.title} has no gate that keeps its state: there is no half-life, and nothing could reset."

    def gate(self, name: str) -> Gate:
        """Return a gate by its name; KeyError if there is none."""
        return {gate.name: gate for gate in self.gates}[name]

    def weight_shapes(self, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return the name and shape of each weight of a layer."""
        raise NotImplementedError

    def parameters(self, inputs: int, hidden: int) -> int:
        """Return the number of weights of a layer."""
        return sum(math.prod(shape) for shape in self.weight_shapes(inputs, hidden).values())

    # --- arithmetic

    def step(self, x: Tensor, state: Tensor, w: LayerWeights, hold: Hold = free) -> tuple[Tensor, Gates]:
        """Read one word: x [batch, inputs], state [parts, batch, hidden] → new state, gates of [batch, hidden] each."""
        raise NotImplementedError

    def sequence(self, x: Tensor, state: Tensor, w: LayerWeights, *, training: bool = False) -> tuple[Tensor, Tensor]:
        """Read a text: x [time, batch, inputs], state [parts, batch, hidden] → outputs [time, batch, hidden], state."""
        import torch

        outputs = []
        for word in x:
            state, gates = self.step(word, state, w)
            outputs.append(gates["hidden"])
        return torch.stack(outputs), state

    def backward(self, x: Tensor, gates: Gates, before: Tensor, w: LayerWeights, above: Tensor) -> Tensor:
        """Return the gradient [words, inputs] at what a layer read, from that [words, hidden] at its hidden states.

        x: what was read, [words, inputs]; gates: [words, hidden] of each word's step; before: the state
        [parts, words, hidden] before each word. This is autograd, which reads the words again; a cell that has a
        formula of its own needs only its gates.
        """
        import torch

        with torch.inference_mode(False), torch.enable_grad():
            words = x.clone().requires_grad_()
            outputs, _ = self.sequence(words[:, None], before[:, :1].clone(), w)
            (gradient,) = torch.autograd.grad(outputs[:, 0], words, above.clone())
        return gradient

    def split(self, gates: Mapping[str, Floats], before: Floats) -> tuple[Floats, Floats]:
        """Return what of the change of the kept state is forgotten and what is written, [words, neurons] each.

        before: the kept state before each word. Without a gate all is forgotten and all is written at each word.
        """
        return -before, gates[self.kept_state]

    def open(self, neuron: int, x: Tensor, state: Tensor, w: LayerWeights) -> list[OpenedGate]:
        """Return one neuron of one step with every addend of its gates, in float64, in the order of the formulas.

        x: what the layer reads at the word, [inputs]; state: before the word, [parts, hidden].
        """
        from seqchat.model.cells.opening import open_neuron

        before = {name: float(part[neuron]) for name, part in zip(self.state_names, state, strict=True)}
        return open_neuron(self.gates, self.formulas, neuron, x, state[self.state_names.index("hidden")], before, w)

    def torch_module(self, inputs: int, hidden: int, layers: int, **options: Any) -> nn.Module | None:
        """Return the module of `torch.nn` that the cell equals, with weights of the same names, or None."""
        return None


def fused(kernel: Callable[..., Any], x: Tensor, state: Tensor, w: LayerWeights, training: bool) -> tuple[Any, ...]:
    """Run one of the functions that `torch.nn.RNN`, `LSTM` and `GRU` call; unlike these it takes any weights."""
    import torch

    parts = list(state.to(x.dtype).unsqueeze(1).contiguous())
    outputs, *new_parts = kernel(
        x, parts if len(parts) > 1 else parts[0], list(w.values()), True, 1, 0.0, training, False, False
    )
    return outputs, torch.stack([part[0] for part in new_parts])


def torch_shapes(rows: int, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
    """Return the weights of a layer of `torch.nn`, with the gates' rows stacked."""
    rows *= hidden
    return {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden), "bias_ih": (rows,), "bias_hh": (rows,)}


def run_layers(
    x: Tensor, state: Tensor, layers: Sequence[LayerWeights], cell: Cell, holds: Sequence[Hold] | None = None
) -> tuple[Tensor, list[Gates]]:
    """Step a stack of layers once.

    x: [batch, inputs]; state: [layers, parts, batch, hidden]; holds: one for each layer. Returns the new state of the
    same shape and the gates of each layer, bottom layer first; the stack's output is the last layer's ``hidden``.
    """
    import torch

    new_states: list[Tensor] = []
    all_gates: list[Gates] = []
    for weights, old, hold in zip(layers, state, holds or [free] * len(layers), strict=True):
        new, gates = cell.step(x, old, weights, hold)
        x = gates["hidden"]
        new_states.append(new)
        all_gates.append(gates)
    return torch.stack(new_states), all_gates
