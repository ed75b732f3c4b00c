"""Several processes that train one network together, as `torchrun` starts them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

from seqchat.errors import SeqchatError

# The other processes wait while a very large text is cut, which takes hours.
_TIMEOUT = timedelta(days=7)


@dataclass(frozen=True)
class Group:
    """The processes of a run: this one's number, how many there are, and its number on its own machine."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process writes and speaks for all."""
        return self.rank == 0

    def lanes(self, lanes: int) -> slice:
        """Return this process's share of the lanes of a batch."""
        return slice(self.rank * lanes // self.size, (self.rank + 1) * lanes // self.size)

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process; all of them get the same answer."""
        if self.size == 1:
            return flag
        value = torch.tensor([float(flag)])
        dist.all_reduce(value, op=dist.ReduceOp.MAX)
        return bool(value.item())

    def mean(self, value: float) -> float:
        """Return the mean over all processes."""
        if self.size == 1:
            return value
        total = torch.tensor([value], dtype=torch.float64)
        dist.all_reduce(total)
        return float(total) / self.size

    def gather(self, tensor: Tensor) -> list[Tensor]:
        """Return the tensors of all processes, in the order of their numbers, on the CPU."""
        if self.size == 1:
            return [tensor.cpu()]
        found: list[Tensor | None] = [None] * self.size
        dist.all_gather_object(found, tensor.cpu())
        return [t for t in found if t is not None]

    def alone(self, work: Callable[[], None]) -> None:
        """Let the leading process work while the others wait; if it fails, it says why, and the others end."""
        failed = False
        try:
            if self.leads:
                work()
        except SeqchatError:
            failed = True
            raise
        finally:
            # Any other error ends the process, and the launcher then ends the others.
            if failed or not self.leads or sys.exc_info()[0] is None:
                failed = self.any(failed)
        if failed:
            raise SystemExit(1)

    def wait(self) -> None:
        """Wait until every process has reached this point."""
        if self.size > 1:
            dist.barrier()


@contextmanager
def joined_group() -> Iterator[Group]:
    """Join the processes that `torchrun` started; without it, a group of one."""
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        yield Group()
        return
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=_TIMEOUT)
    try:
        yield Group(dist.get_rank(), dist.get_world_size(), int(os.environ.get("LOCAL_RANK", "0")))
    finally:
        dist.destroy_process_group()
