"""What settings mean for a network: what it drops, its optimizer, and the learning rate at each point of a run."""

from __future__ import annotations

import math

import torch

from seqchat.model.network import Network
from seqchat.model.recurrent import Dropouts
from seqchat.training.settings import TrainingSettings

# Shares of the peak learning rate: at the end of a run, and at its very first step
_FINAL_SHARE, _FIRST_SHARE = 0.1, 0.01


def dropouts(settings: TrainingSettings) -> Dropouts:
    """Return what a network drops with these settings."""
    return Dropouts(
        settings.embedding_dropout,
        settings.input_dropout,
        settings.hidden_dropout,
        settings.output_dropout,
        settings.weight_dropout,
    )


def is_fused(device: torch.device) -> bool:
    """Whether optimizers update all weights on a device in one kernel, which also scales the gradient."""
    return device.type in ("cpu", "cuda")


def optimizer(network: Network, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Return the optimizer of the settings for the weights of a network."""
    kind = torch.optim.SGD if settings.optimizer == "sgd" else torch.optim.AdamW
    return kind(
        network.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=is_fused(network.output_bias.device),
    )


def learning_rate(settings: TrainingSettings, progress: float) -> float:
    """Return the rate at a share of the run: constant for SGD, else linear warm-up and a cosine to a tenth of the peak.

    progress: from 0 to 1.
    """
    peak, warmup = settings.learning_rate, settings.warmup
    if settings.optimizer == "sgd":
        return peak
    if progress < warmup:
        return peak * max(progress / warmup, _FIRST_SHARE)
    cosine = 0.5 * (1 + math.cos(math.pi * (progress - warmup) / max(1 - warmup, 1e-9)))
    return peak * (_FINAL_SHARE + (1 - _FINAL_SHARE) * cosine)
