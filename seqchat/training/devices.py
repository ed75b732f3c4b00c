"""Where to train, and with which precision."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from seqchat import heap
from seqchat.errors import SeqchatError
from seqchat.model.products import multiplies_bfloat16
from seqchat.training.distributed import Group
from seqchat.training.settings import Device, Precision

# Windows and batches vary in size, and oneDNN would keep compiled kernels and their memory for a thousand sizes.
_KEPT_KERNELS = "20"


def prepare_memory() -> None:
    """Keep PyTorch's caches small, and what is freed for the next step; must be called before the first one."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", _KEPT_KERNELS)
    heap.keep()


def choose_device(name: Device, group: Group) -> torch.device:
    """Return the device of that name; ``auto`` is a GPU if there is one. Each process of a machine gets its own.

    Raises:
        SeqchatError: there is none, or too few.
    """
    if name == "auto":
        mps = torch.backends.mps.is_available() and group.size == 1
        name = "cuda" if torch.cuda.is_available() else "mps" if mps else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise SeqchatError("There is no CUDA device here; use --device cpu, or auto.")
    if name == "mps" and not torch.backends.mps.is_available():
        raise SeqchatError("There is no MPS device here; use --device cpu, or auto.")
    if name == "mps" and group.size > 1:
        raise SeqchatError("Several processes cannot train on MPS together; use --device cpu.")
    if name != "cuda":
        return torch.device(name)
    if group.local_rank >= (gpus := torch.cuda.device_count()):
        raise SeqchatError(f"Each process takes a GPU, and this machine has {gpus}; start fewer, or use --device cpu.")
    torch.cuda.set_device(group.local_rank)
    return torch.device("cuda", group.local_rank)


def uses_bf16(precision: Precision, device: torch.device) -> bool:
    """Whether to multiply in bfloat16: as asked, or where the hardware does it."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and multiplies_bfloat16()


def random_state(device: torch.device) -> Tensor:
    """Return the state of the random generators for a device: the CPU's, followed by the GPU's."""
    state = torch.get_rng_state()
    if device.type == "cpu":
        return state
    return torch.cat((state, torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.mps.get_rng_state()))


def set_random_state(state: Tensor, device: torch.device) -> None:
    """Restore the generators; a state from another kind of device restores only the CPU's."""
    own = len(random_state(device)) == len(state)
    size = len(torch.get_rng_state())
    torch.set_rng_state(state[:size].clone())
    if device.type == "cuda" and own:
        torch.cuda.set_rng_state(state[size:].clone(), device)
    elif device.type == "mps" and own:
        torch.mps.set_rng_state(state[size:].clone())


@contextmanager
def flush_denormals() -> Iterator[None]:
    """Round values near zero to zero, in the whole process: arithmetic with them is a hundred times slower."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
