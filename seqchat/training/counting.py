"""The n-grams of the text that a network learns from."""

from __future__ import annotations

import numpy as np

from seqchat.corpus.encoding import IdStream, is_learned
from seqchat.model.kneser_ney import estimate
from seqchat.model.ngrams import NgramModel


def count_ngrams(stream: IdStream, words: int, max_ngrams: int, *, max_tokens: int) -> NgramModel:
    """Return the n-grams of what is learned of a text; of a long one, those of dialogs from all parts of it.

    words: the size of the vocabulary; max_ngrams: how many n-grams of two or more words to keep; max_tokens: in how
    many tokens they are counted, about 60 bytes of memory each.
    """
    starts = np.array(stream.starts)
    if len(stream) <= max_tokens:
        learned = is_learned(np.array(stream.kinds))
        return estimate(np.array(stream.ids), starts, words, max_ngrams=max_ngrams, counted=learned)
    chosen = np.random.default_rng(0).permutation(stream.dialogs)
    lengths = np.diff(starts)[chosen]
    chosen = np.sort(chosen[: max(int((np.cumsum(lengths) <= max_tokens).sum()), 1)])
    spans = [slice(starts[i], min(starts[i + 1], starts[i] + max_tokens)) for i in chosen]
    ids, kinds = (np.concatenate([array[span] for span in spans]) for array in (stream.ids, stream.kinds))
    ends = np.cumsum([0, *(span.stop - span.start for span in spans)])
    return estimate(ids, ends, words, max_ngrams=max_ngrams, counted=is_learned(kinds))
