"""One step of training: a batch is read, the gradient goes back through it, and the weights move.

A GPU works while the next kernels are queued, until the host asks for a number: the loss and the norm, at the end.
"""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from seqchat.corpus.batches import NO_TARGET, Batch
from seqchat.model.network import Network
from seqchat.training.averaging import WeightAverage
from seqchat.training.devices import choose_device, prepare_memory, uses_bf16
from seqchat.training.distributed import Group
from seqchat.training.events import StepInfo
from seqchat.training.losses import TrainingLoss
from seqchat.training.recipe import is_fused, optimizer
from seqchat.training.row_gradient import RowGradient
from seqchat.training.settings import TrainingSettings


class Learner:
    """A network with all that moves its weights, and the state that it carries from batch to batch."""

    def __init__(self, network: Network, settings: TrainingSettings, group: Group, teacher: Network | None) -> None:
        """Take a network to its device; teacher: as in `TrainingLoss`."""
        prepare_memory()
        self.network, self.group = network, group
        self.device = choose_device(settings.device, group)
        network.to(self.device)
        self.average = WeightAverage(network)
        self.optimizer = optimizer(network, settings)
        self._clip = settings.clip or math.inf
        network.sparse_gradient = self.device.type == "cpu" and group.size == 1
        self._row_gradient = RowGradient(network.embedding.weight)
        self._bf16 = uses_bf16(settings.precision, self.device)
        loss = TrainingLoss(network, settings, teacher.to(self.device) if teacher else None).to(self.device)
        self._initial_state = loss.initial_state
        self._loss = self._parallel(loss)
        self._lanes = slice(0)
        self.state = self._initial_state(0)

    def _parallel(self, loss: nn.Module) -> nn.Module:
        if self.group.size == 1:
            return loss
        with warnings.catch_warnings():
            # Newer versions have another name for this, which older ones do not know.
            warnings.simplefilter("ignore", FutureWarning)
            return DistributedDataParallel(loss, broadcast_buffers=False)

    def begin(self, lanes: slice, state: Tensor | None = None) -> None:
        """Read these lanes of each batch from now on; state: what they were left in, of all lanes."""
        self._lanes = lanes
        if state is None:
            self.state = self._initial_state(lanes.stop - lanes.start)
        else:
            self.state = state[..., lanes, :].to(self.device)

    def learn(self, batch: Batch, rate: float) -> StepInfo:
        """Take one step; where the gradient is no number, the weights stay."""
        learned_mask = batch.learned_mask
        learned, mine = int(learned_mask.sum()), int(learned_mask[:, self._columns(batch)].sum())
        # Gradients are averaged over processes; with these weights, it is the average over all tokens that are learned.
        share = mine * self.group.size / learned
        loss, token_loss = self._forward(batch, share)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        length = self._move(rate)
        self.average.update()
        norm, own_loss = torch.stack((length, token_loss.to(length.dtype))).tolist()
        tokens = int((batch.targets != NO_TARGET).sum())
        return StepInfo(self.group.mean(own_loss * share), norm, min(norm, self._clip), tokens)

    @torch.no_grad()
    def read(self, batch: Batch) -> None:
        """Read a batch of which nothing is learned, for the state after it."""
        if batch.carried:
            self._forward(batch, 0.0)

    def _move(self, rate: float) -> Tensor:
        """Move the weights along the gradient, cut to the largest norm; return its norm before that: []."""
        for parameters in self.optimizer.param_groups:
            parameters["lr"] = rate
        with self._row_gradient.spread() as rows:
            vectors, weights = self.network.embedding.weight, list(self.network.parameters())
            gradients = [rows if weight is vectors else weight.grad for weight in weights]
            norm = get_total_norm([gradient for gradient in gradients if gradient is not None])
            if is_fused(self.device):
                # As `torch.amp.GradScaler` does: the kernel itself divides the gradient, and stays if it is no number.
                self.optimizer.grad_scale = (norm / self._clip).clamp(min=1)  # type: ignore[attr-defined]
                self.optimizer.found_inf = (~norm.isfinite()).float()  # type: ignore[attr-defined]
                self.optimizer.step()
            elif math.isfinite(norm):
                clip_grads_with_norm_(weights, self._clip, norm)
                self.optimizer.step()
        return norm

    def _forward(self, batch: Batch, share: float) -> tuple[Tensor, Tensor]:
        """Read this process's part of a batch; return the loss to minimise, and the mean loss per token."""
        inputs, targets, reset_mask, learned_mask = (
            torch.from_numpy(a[..., self._columns(batch)]).to(self.device)
            for a in (batch.inputs, batch.targets, batch.reset_mask, batch.learned_mask)
        )
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bf16):
            before = self.state if batch.carried else self._initial_state(len(reset_mask))
            state = self.network.reset(before, reset_mask)
            loss, token_loss, after = self._loss(inputs, state, targets, learned_mask, share)
        if batch.carried:
            self.state = after
        return loss, token_loss

    def _columns(self, batch: Batch) -> slice:
        """Return which columns of a batch this process reads."""
        return self._lanes if batch.carried else slice(None)
