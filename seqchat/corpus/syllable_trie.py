"""Readings of words as a trie of syllables, in arrays that can be mapped into memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.mandarin_syllables import LONGEST_SYLLABLE

Ints = NDArray[np.int64]

_SYLLABLE_TYPE = f"S{LONGEST_SYLLABLE}"


@dataclass(frozen=True)
class SyllableTrie:
    """Words by the syllables of their readings.

    The readings are in the order of their syllables, so that those below a node are a range. The nodes are in the
    order of their depth, and then of their readings; the root is 0.

    syllables: bytes [syllables], in order; a syllable's code is its index. edges: int64 [nodes - 1], for each node but
    the root the parent's number times the number of syllables, plus the code, in ascending order. ranges: int32
    [nodes, 3], the first reading below a node, the end of the readings that are just its syllables, and the end of
    all. depths: int8 [nodes]; words: int32 [readings]; lengths: int8 [readings], in syllables; log_shares: float32
    [readings], log P(reading | word).
    """

    syllables: NDArray[np.bytes_]
    edges: Ints
    ranges: NDArray[np.int32]
    depths: NDArray[np.int8]
    words: NDArray[np.int32]
    lengths: NDArray[np.int8]
    log_shares: NDArray[np.float32]

    @classmethod
    def build(cls, readings: Iterable[tuple[int, Sequence[str], float]]) -> SyllableTrie:
        """Build it of readings: the word, its syllables, and P(reading | word)."""
        rows = [(word, syllables, share) for word, syllables, share in readings if syllables]
        names = sorted({syllable for _, syllables, _ in rows for syllable in syllables})
        code_of = {name: code for code, name in enumerate(names)}
        longest = max((len(syllables) for _, syllables, _ in rows), default=0)
        missing = [-1] * longest
        flat = [code for _, syllables, _ in rows for code in (*map(code_of.__getitem__, syllables), *missing)[:longest]]
        codes = np.array(flat, dtype=np.int64).reshape(len(rows), longest)
        order = np.lexsort(codes.T[::-1]) if longest else np.arange(len(rows))
        codes = codes[order]
        edges, ranges, depths = _nodes(codes, len(names))
        return cls(
            np.array([name.encode() for name in names], dtype=_SYLLABLE_TYPE),
            edges,
            ranges,
            depths,
            np.array([word for word, _, _ in rows], dtype=np.int32)[order],
            (codes >= 0).sum(axis=1).astype(np.int8),
            np.log(np.array([share for _, _, share in rows], dtype=np.float64)[order]).astype(np.float32),
        )

    @classmethod
    def open(cls, folder: Path) -> SyllableTrie:
        """Map what `save` wrote into memory.

        Raises:
            OSError, ValueError: it is not there, or damaged.
        """
        arrays = [np.asarray(np.load(folder / f"{f.name}.npy", mmap_mode="r", allow_pickle=False)) for f in fields(cls)]
        trie = cls(*arrays)
        trie._check()
        return trie

    def save(self, folder: Path) -> None:
        """Write the arrays into a folder."""
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name), allow_pickle=False)

    def _check(self) -> None:
        """Raise ValueError for arrays that do not belong to each other."""
        nodes, readings, size = len(self.depths), len(self.words), len(self.syllables)
        kinds = [array.dtype for array in (self.edges, self.ranges, self.depths, self.words, self.lengths)]
        fits = (
            kinds == [np.int64, np.int32, np.int8, np.int32, np.int8]
            and self.log_shares.dtype == np.float32
            and self.syllables.dtype == _SYLLABLE_TYPE
            and self.edges.shape == (nodes - 1,)
            and self.ranges.shape == (nodes, 3)
            and self.lengths.shape == self.log_shares.shape == (readings,)
            and bool((np.diff(self.edges) > 0).all())
            and (nodes == 1 or 0 <= self.edges[0] <= self.edges[-1] < nodes * size)
            and bool((np.diff(self.ranges, axis=1) >= 0).all() and (self.ranges >= 0).all())
            and bool((self.ranges <= readings).all() and (self.words >= 0).all())
        )
        if not fits:
            raise ValueError("the arrays of the trie do not fit each other")


def _nodes(codes: Ints, syllables: int) -> tuple[Ints, NDArray[np.int32], NDArray[np.int8]]:
    """Return the edges, ranges and depths of the nodes above sorted readings: codes [readings, syllables], then -1."""
    readings = len(codes)
    edges, ranges, depths = [], [np.array([[0, 0, readings]])], [np.zeros(1, dtype=np.int8)]
    parent = np.zeros(readings, dtype=np.int64)
    begins = np.zeros(readings, dtype=np.bool_)
    nodes = 1
    for depth, column in enumerate(codes.T):
        begins |= np.concatenate(([True], column[1:] != column[:-1]))
        # The readings below a node are next to each other, those that end there first.
        firsts = np.flatnonzero(begins & (column >= 0))
        ends = np.append(np.flatnonzero(begins), readings)
        ends = ends[np.searchsorted(ends, firsts, side="right")]
        ended = np.append(0, np.cumsum(codes[:, depth + 1] < 0 if depth + 1 < codes.shape[1] else column >= 0))
        edges.append(parent[firsts] * syllables + column[firsts])
        ranges.append(np.stack([firsts, firsts + ended[ends] - ended[firsts], ends], axis=1))
        depths.append(np.full(len(firsts), depth + 1, dtype=np.int8))
        parent[np.flatnonzero(column >= 0)] = np.repeat(np.arange(nodes, nodes + len(firsts)), ends - firsts)
        nodes += len(firsts)
    joined = np.concatenate(edges) if edges else np.empty(0, dtype=np.int64)
    return joined, np.concatenate(ranges).astype(np.int32), np.concatenate(depths)
