"""How often the dialogs of each source are read in an epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from seqchat.errors import SeqchatError, quoted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Dialogs are sampled by their hash times this, so that the sample is independent of what was held out by the hash.
_MULTIPLIER = 0x9E3779B97F4A7C15
_LARGEST = 100.0


@dataclass(frozen=True)
class SourceWeights:
    """Weights of sources by patterns of their names; where several match, the last one counts.

    A pattern such as ``tencent*`` is compared with the last parts of a source's path, with and without its ending.
    """

    weights: tuple[tuple[str, float], ...] = ()

    @classmethod
    def parse(cls, entries: Sequence[str]) -> SourceWeights:
        """Read entries such as ``tencent*=4`` and ``transcripts*=0.2``.

        Raises:
            SeqchatError: an entry is not of this form, or its weight is not above 0 and at most 100.
        """
        return cls(tuple(_parsed(entry) for entry in entries))

    def of(self, sources: Sequence[str]) -> NDArray[np.float64]:
        """Return the weight of each source: [sources].

        Raises:
            SeqchatError: a pattern matches no source.
        """
        import numpy as np

        found = np.ones(len(sources))
        for pattern, weight in self.weights:
            matched = [number for number, source in enumerate(sources) if _matches(source, pattern)]
            if not matched:
                raise SeqchatError(
                    f"The weight {quoted(pattern)} matches no source; there are {', '.join(short_names(sources))}."
                )
            found[matched] = weight
        return found


def copies(weights: NDArray[np.float64], digests: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return how often each dialog is read in an epoch, given its source's weight and its hash: [dialogs].

    Of the fraction of a weight, a fixed sample of the dialogs is read once more.
    """
    import numpy as np

    whole = np.floor(weights)
    position = (digests * np.uint64(_MULTIPLIER)).astype(np.float64) / 2.0**64
    return (whole + (position < weights - whole)).astype(np.int64)


def short_names(sources: Sequence[str]) -> list[str]:
    """Return the shortest ends of the sources' paths that tell them apart, where that is enough without endings."""
    paths = [PurePath(source) for source in sources]
    for count in range(1, max((len(path.parts) for path in paths), default=1) + 1):
        for last in ([path.stem or path.name for path in paths], [path.name for path in paths]):
            names = ["/".join((*path.parts[-count:-1], end)) for path, end in zip(paths, last, strict=True)]
            if len(set(names)) == len(set(sources)):
                return names
    return list(sources)


def _parsed(entry: str) -> tuple[str, float]:
    pattern, separator, number = entry.rpartition("=")
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not (separator and pattern) or math.isnan(weight):
        raise SeqchatError(f"The weight {quoted(entry)} is not of the form NAME=NUMBER, such as 'tencent*=4'.")
    if not 0 < weight <= _LARGEST:
        raise SeqchatError(
            f"The weight of {quoted(pattern)} is above 0 and at most {_LARGEST:g}, not {number}; to leave a source "
            "out, do not name it as data."
        )
    return pattern, weight


def _matches(source: str, pattern: str) -> bool:
    path = PurePath(source)
    return path.match(pattern) or (bool(path.suffix) and path.with_suffix("").match(pattern))
