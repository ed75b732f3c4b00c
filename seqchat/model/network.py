"""The networks for training: embedding → recurrent stack → tied output layer, one class for each objective.

Weight tying follows Press and Wolf (2017) and Inan et al. (2017); where hidden and embedding sizes differ, a linear
projection is in between.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from seqchat.model.config import ModelConfig
from seqchat.model.recurrent import Dropouts, RecurrentStack, WindowStack, embed, kernel_precision, locked_dropout

# The id for no word: before the start of a text, and after its end.
PADDING = 0


@dataclass(frozen=True)
class Activations:
    """What a recurrent stack returned, before and after dropout: [time, batch, hidden]."""

    output: Tensor
    dropped: Tensor


@dataclass(frozen=True)
class NetworkOutput:
    """What a network makes of a window of text.

    heads: features [time, batch, embedding] by name, each a prediction of the same next words; the last is the best.
    state: to continue from. stacks: the activations of each recurrent stack in its order of reading, for activation
    regularisation; the first reads from left to right.
    """

    heads: dict[str, Tensor]
    state: Tensor
    stacks: tuple[Activations, ...]


class Network(nn.Module):
    """What all objectives share: words in, words out.

    sparse_gradient: whether words that are looked up give their vectors a gradient of these rows alone.
    """

    sparse_gradient = False

    def __init__(self, config: ModelConfig, dropouts: Dropouts | None = None) -> None:
        super().__init__()
        self.config = config
        self.dropouts = dropouts or Dropouts()
        self.embedding = nn.Embedding(config.vocabulary_size, config.embedding_size)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        nn.init.normal_(self.embedding.weight, std=config.embedding_size**-0.5)

    def initial_state(self, batch: int) -> Tensor:
        """Return the state that a text begins with, zeros; the batch is the dimension before the last."""
        parts = len(self.config.cell_kind.state_names)
        return self.output_bias.new_zeros(self.config.layers, parts, batch, self.config.hidden_size)

    def reset(self, state: Tensor, reset_mask: Tensor) -> Tensor:
        """Return the state with zeros in the rows [batch] that begin a new text, cut off from its history."""
        return state.detach() * (~reset_mask)[:, None]

    def forward(self, ids: Tensor, state: Tensor, targets: Tensor) -> NetworkOutput:
        """Read ids [time, batch] from a state; targets [time, batch]: the next words, negative if there is none."""
        raise NotImplementedError

    @torch.no_grad()
    def init_output_bias(self, counts: Tensor) -> None:
        """Initialise the output bias with the frequencies of words, given how often each occurs: [words].

        The network then need not learn first that most words are rare. A word that never occurs counts as a tenth.
        """
        frequencies = (counts.double() + 0.1).log()
        self.output_bias.copy_(frequencies - frequencies.mean())

    def logits(self, features: Tensor) -> Tensor:
        """Return the unnormalised log-probabilities [..., words] of features [..., embedding]."""
        return linear(features, self.embedding.weight, self.output_bias)

    def _embed(self, ids: Tensor) -> Tensor:
        share, sparse = self.dropouts.embedding, self.sparse_gradient
        x = embed(ids, self.embedding.weight, share, self.training, sparse=sparse)
        return locked_dropout(x, self.dropouts.input, self.training)

    def _stack(self) -> RecurrentStack:
        c = self.config
        return RecurrentStack(c.cell_kind, c.embedding_size, c.hidden_size, c.layers, self.dropouts)

    def _projection(self, inputs: int) -> nn.Module:
        same = inputs == self.config.embedding_size
        return nn.Identity() if same else nn.Linear(inputs, self.config.embedding_size, bias=False)


class NextNetwork(Network):
    """Predicts each word from all words left of it."""

    def __init__(self, config: ModelConfig, dropouts: Dropouts | None = None) -> None:
        super().__init__(config, dropouts)
        self.recurrent = self._stack()
        self.projection = self._projection(config.hidden_size)

    def forward(self, ids: Tensor, state: Tensor, targets: Tensor) -> NetworkOutput:
        """Read ids from left to right."""
        output, state = self.recurrent(self._embed(ids), state)
        dropped = locked_dropout(output, self.dropouts.output, self.training)
        return NetworkOutput({"forward": self.projection(dropped)}, state, (Activations(output, dropped),))


class InfillNetwork(NextNetwork):
    """Predicts each word from all words left of it, from all words right of it, and from both.

    Neither direction ever reads the word itself. The forward half is a `NextNetwork`; together both predict as in
    context2vec (Melamud, Goldberger and Dagan 2016), added to the forward half so that without any word on the right
    nothing changes.
    """

    def __init__(self, config: ModelConfig, dropouts: Dropouts | None = None) -> None:
        super().__init__(config, dropouts)
        self.backward_recurrent = self._stack()
        self.backward_projection = self._projection(config.hidden_size)
        self.joint = nn.Sequential(
            nn.Linear(2 * config.hidden_size, config.hidden_size),
            nn.ReLU(),
            nn.Linear(config.hidden_size, config.embedding_size, bias=False),
        )

    def forward(self, ids: Tensor, state: Tensor, targets: Tensor) -> NetworkOutput:
        """Read ids from left to right and targets from right to left; text beyond the window is not read."""
        output = super().forward(ids, state, targets)
        backward, right, valid_mask = self._read_backward(targets)
        both = self.joint(torch.cat((output.stacks[0].dropped, right), dim=-1)) * valid_mask
        forward = output.heads["forward"]
        heads = {"forward": forward, "backward": self.backward_projection(right), "joint": forward + both}
        return NetworkOutput(heads, output.state, (*output.stacks, backward))

    def _read_backward(self, targets: Tensor) -> tuple[Activations, Tensor, Tensor]:
        """Return the activations, for each target the state of what is right of it [time, batch, hidden], and whether
        anything is."""
        time = torch.arange(len(targets), device=targets.device)[:, None]
        lengths = (targets >= 0).sum(dim=0)
        mirrored = (lengths - 1 - time).clamp(min=0)
        inputs = targets.clamp(min=PADDING).gather(0, mirrored)
        output, _ = self.backward_recurrent(self._embed(inputs), self.initial_state(targets.shape[1]))
        dropped = locked_dropout(output, self.dropouts.output, self.training)
        # The target at t may know the words after it: the state after reading the mirrored window up to t + 1.
        valid_mask = (time < lengths - 1)[..., None]
        index = (lengths - 2 - time).clamp(min=0)[..., None].expand(-1, -1, output.shape[-1])
        return Activations(output, dropped), dropped.gather(0, index) * valid_mask, valid_mask


class WindowNetwork(Network):
    """The textbook's model: the last words through `torch.nn`, whose last output predicts the next word.

    The window holds only words left of the target, so reading it in both directions leaks nothing. The state is the
    window itself: ids [window - 1, batch, 1].
    """

    def __init__(self, config: ModelConfig, dropouts: Dropouts | None = None) -> None:
        super().__init__(config, dropouts)
        cell, shape = config.cell_kind, (config.embedding_size, config.hidden_size, config.layers)
        dropout = self.dropouts.hidden if config.layers > 1 else 0.0
        self.recurrent = cell.torch_module(*shape, dropout=dropout, bidirectional=config.bidirectional) or WindowStack(
            cell, *shape, dropout=dropout, bidirectional=config.bidirectional
        )
        self.projection = self._projection(config.hidden_size * config.directions)

    def initial_state(self, batch: int) -> Tensor:
        """Return a window of padding."""
        return torch.full((self.config.window - 1, batch, 1), PADDING, device=self.output_bias.device)

    def forward(self, ids: Tensor, state: Tensor, targets: Tensor) -> NetworkOutput:
        """Read a window of words that ends at each of the ids."""
        text = torch.cat((state[..., 0], ids))
        windows = text.unfold(0, self.config.window, 1).flatten(0, 1).T
        with kernel_precision(windows.device):
            outputs, _ = self.recurrent(self._embed(windows))
        output = outputs[-1].view(*ids.shape, -1)
        dropped = locked_dropout(output, self.dropouts.output, self.training)
        state = text[len(ids) :, :, None]
        return NetworkOutput({"forward": self.projection(dropped)}, state, (Activations(output, dropped),))


_NETWORKS: dict[str, type[Network]] = {"next": NextNetwork, "infill": InfillNetwork, "window": WindowNetwork}


def build(config: ModelConfig, dropouts: Dropouts | None = None) -> Network:
    """Make the network of a configuration, with random weights."""
    return _NETWORKS[config.objective](config, dropouts)
