"""What a run is measured on at each report, as far as a time limit leaves time for it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from torch import Tensor

from seqchat.corpus.encoding import IdStream
from seqchat.evaluation.validation import Validation, validate, validate_sources
from seqchat.model.network import Network
from seqchat.training.averaging import WeightAverage
from seqchat.training.closing import part
from seqchat.training.distributed import Group
from seqchat.training.schedule import MOST_READING, seconds_to_read

# How long it takes to read the text is tried on so many tokens.
_TRIED_TOKENS = 1_000


class ValidationText:
    """The validation text of a run, with its sources, or the share of it that is read."""

    def __init__(self, stream: IdStream, sources: Mapping[str, IdStream] | None, suggestible: Tensor) -> None:
        """Take a text; sources: its parts by the source they are from; suggestible: as in `validate`."""
        self.stream, self.sources, self.suggestible = stream, sources or {"": stream}, suggestible
        self.share, self.seconds = 1.0, 0.0

    def measure(self, network: Network, average: WeightAverage) -> Validation:
        """Measure the weights, or their average, and note how many seconds it takes."""
        began = time.monotonic()
        with average.applied():
            measured = validate_sources(network, self.sources, self.suggestible)
        self.seconds = time.monotonic() - began
        return measured

    def fit(self, network: Network, limit: float, slowdown: float, group: Group) -> None:
        """Choose how much of the text a time limit leaves time for."""
        tried = part(self.stream, _TRIED_TOKENS / self.stream.targets)
        began, worked = time.monotonic(), time.process_time()
        validate(network, tried, self.suggestible)
        # On a busy machine, a moment may be a lucky one.
        passed = max(time.monotonic() - began, (time.process_time() - worked) * slowdown)
        seconds = group.mean(passed) * self.stream.targets / tried.targets
        needed = seconds_to_read(self.stream.targets, seconds)
        if needed > MOST_READING * limit:
            self.read_only(self.share * MOST_READING * limit / needed)

    def read_only(self, share: float) -> None:
        """Read only a share of the whole text from now on."""
        self.stream = part(self.stream, share / self.share)
        self.sources = {name: part(text, share / self.share) for name, text in self.sources.items()}
        self.share = share
