"""How strongly n-grams and cache are mixed into a network's predictions: weights tuned on a validation text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.corpus.batches import Lanes
from seqchat.corpus.encoding import IdStream, is_learned
from seqchat.corpus.lexicon_words import LexiconWords, contexts_of
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.evaluation.lanes import read_lanes
from seqchat.evaluation.lexicon_entries import EntryCounter, FoundEntry
from seqchat.evaluation.predictor import TextPredictor
from seqchat.model.config import CacheWeights
from seqchat.model.mixture import CONTEXTS, LexiconMixture, LexiconShares
from seqchat.model.network import Network
from seqchat.model.ngrams import Mixture, NgramModel, WeightedNgrams

# More text would not change the weights.
_MAX_MIXTURE_TOKENS = 200_000
_MAX_CACHE_TOKENS = 40_000

# Expectation and maximisation converge within a few rounds.
_ROUNDS = 50
_INITIAL_WEIGHT = 0.3
_MAX_WEIGHT = 0.99
# The three parts of a lexicon together leave something to the model.
_MAX_SHARE = 0.3
_PRIOR_TOKENS = 30
_PRIOR_TOKENS_OF_BASE = 300
_NO_ROW = torch.empty(0)

_LAMBDAS = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3)
_THETAS = (0.02, 0.05, 0.1, 0.2, 0.4)

_Probs = NDArray[np.float64]


def tune_mixture(
    network: Network, ngrams: NgramModel | None, stream: IdStream, base: Mixture | None = None
) -> Mixture | None:
    """Return the mixture with the lowest perplexity on a text that neither was trained on; None without n-grams.

    The weights are found by expectation maximisation (Jelinek and Mercer 1980), one for each depth of a context.
    base: n-grams that are mixed in before. Its weights are known from more text than a person's: they, and those of the
    n-grams beside it, count as if found in a few more tokens.
    """
    parts = list(base.parts) if base else []
    priors = [_PRIOR_TOKENS_OF_BASE] * len(parts)
    if ngrams is not None:
        parts.append(WeightedNgrams(ngrams, (_INITIAL_WEIGHT,) * ngrams.order))
        priors.append(_PRIOR_TOKENS if base else 0)
    if not parts:
        return None
    mixture = Mixture(tuple(parts))
    probs, depths = _target_probs(network, mixture, stream)
    start = [np.array(part.weights) for part in parts]
    weights = [each.copy() for each in start]
    for _ in range(_ROUNDS):
        chosen, left = _posteriors(probs, [each[depth] for each, depth in zip(weights, depths, strict=True)])
        for i, depth in enumerate(depths):
            size = parts[i].ngrams.order
            won, reached = (np.bincount(depth, each[i], minlength=size) for each in (chosen, left))
            found = (won + priors[i] * start[i]) / np.maximum(reached + priors[i], 1e-300)
            weights[i] = np.where(reached + priors[i] > 0, found, weights[i])
    rounded = [tuple(np.minimum(each, _MAX_WEIGHT).round(3).tolist()) for each in weights]
    return Mixture(tuple(replace(part, weights=each) for part, each in zip(parts, rounded, strict=True)))


def _posteriors(probs: Sequence[_Probs], shares: Sequence[_Probs]) -> tuple[list[_Probs], list[_Probs]]:
    """Return for each n-gram model how probable it is that each token came from it, and from it or those before it.

    probs: those of the network and of each n-gram model, [tokens]; shares: the weight of each n-gram model there.
    """
    mixed = [probs[0]]
    for own, share in zip(probs[1:], shares, strict=True):
        mixed.append((1 - share) * mixed[-1] + share * own)
    left, chosen, reached = np.ones_like(probs[0]), [], []
    for own, share, total in reversed(list(zip(probs[1:], shares, mixed[1:], strict=True))):
        won = left * share * own / np.maximum(total, 1e-300)
        chosen.append(won)
        reached.append(left)
        left = left - won
    return chosen[::-1], reached[::-1]


@torch.inference_mode()
def _target_probs(network: Network, mixture: Mixture, stream: IdStream) -> tuple[list[_Probs], list[NDArray[np.int64]]]:
    """Return the probability that the network and each n-gram model give to each token, and for each n-gram model the
    depth of the context before it: [tokens]."""
    probs: list[list[_Probs]] = [[] for _ in range(len(mixture.parts) + 1)]
    depths: list[list[NDArray[np.int64]]] = [[] for _ in mixture.parts]
    for read in read_lanes(network, Lanes(stream, lanes=32, window=64), mixture, _MAX_MIXTURE_TOKENS):
        assert read.contexts is not None
        mask = read.batch.learned_mask
        targets, contexts = read.batch.targets[mask][:, None], read.contexts[mask]
        features = read.heads["forward"][torch.from_numpy(mask)]
        rows = network.logits(features).float().softmax(dim=1)
        expected = rows.gather(1, torch.from_numpy(targets).to(rows.device))[:, 0]
        probs[0].append(expected.cpu().double().numpy())
        for i, (part, own) in enumerate(zip(mixture.parts, mixture.split(contexts), strict=True)):
            probs[i + 1].append(part.ngrams.probabilities_of(own, targets)[:, 0].double().numpy())
            depths[i].append(part.ngrams.depths(own))
    return [np.concatenate(each) for each in probs], [np.concatenate(each) for each in depths]


@torch.inference_mode()
def tune_cache(network: Network, stream: IdStream, mixture: Mixture | None = None) -> CacheWeights:
    """Return the weights of the cache with the lowest perplexity on a text, each dialog by itself.

    mixture: the n-grams that are mixed in before the cache. Where no weight lowers the perplexity, lambda is 0.
    """
    choices = [CacheWeights(cache_lambda, cache_theta) for cache_lambda, cache_theta in product(_LAMBDAS, _THETAS)]
    losses, loss_without = np.zeros(len(choices)), 0.0
    predictor, reader = TextPredictor(network.eval(), mixture), Lanes(stream, lanes=16, window=128)
    for predictions, entries in predictor.predict_beside_cache(reader, _MAX_CACHE_TOKENS):
        targets = torch.from_numpy(predictions.targets)[:, None]
        expected = predictions.probs.gather(1, targets)[:, 0]
        learned = torch.from_numpy(is_learned(predictions.kinds))
        loss_without -= float(expected[learned].log().sum())
        same_word = targets == entries.entry_words
        recalled = {cache_theta: (entries.weights(cache_theta) * same_word).sum(dim=1) for cache_theta in _THETAS}
        for i, choice in enumerate(choices):
            cache_lambda = choice.cache_lambda * entries.filled_mask
            mixed = expected * (1 - cache_lambda) + recalled[choice.cache_theta] * cache_lambda
            losses[i] -= float(mixed[learned].clamp(min=1e-30).log().sum())
    best = int(losses.argmin())
    return choices[best] if losses[best] < loss_without else CacheWeights()


@torch.inference_mode()
def tune_lexicon(predictor: TextPredictor, stream: IdStream, vocabulary: Vocabulary) -> LexiconShares:
    """Return the shares of a vocabulary's lexicon with the lowest perplexity on a text, by expectation maximisation.

    A word that the vocabulary lacks is spelled, or an entry of the lexicon; each part counts as if one more word of it
    were there, so that none gets nothing.
    """
    lexicon = vocabulary.lexicon
    if not isinstance(lexicon, LexiconWords):
        return LexiconShares()
    contexts = contexts_of(vocabulary)
    counter = EntryCounter(vocabulary, lexicon, LexiconMixture(LexiconShares(), contexts, lexicon.present))
    tokens = np.zeros(len(CONTEXTS))
    found: list[FoundEntry] = []
    for predictions in predictor.predict(Lanes(stream, lanes=32, window=64)):
        targets = torch.from_numpy(predictions.targets)[:, None]
        nats = -predictions.probs.gather(1, targets)[:, 0].double().clamp(min=1e-300).log().numpy()
        before = predictions.inputs[is_learned(predictions.kinds)]
        tokens += np.bincount(contexts[before], minlength=len(CONTEXTS))
        found += [replace(entry, row=_NO_ROW) for entry in counter.entries(predictions, nats)]
        if tokens.sum() >= _MAX_MIXTURE_TOKENS:
            break
    return _lexicon_shares(tokens, found, contexts, lexicon.present)


def _lexicon_shares(
    tokens: _Probs, found: Sequence[FoundEntry], contexts: NDArray[np.uint8], present: Sequence[bool]
) -> LexiconShares:
    """Return the shares, given how many tokens come in each context, and the entries among them."""
    context = np.array([contexts[entry.before] for entry in found], dtype=np.int64)
    part = np.array([entry.part for entry in found], dtype=np.int64)
    listed = np.exp([entry.log_prob for entry in found])
    # In which contexts the characters after the first one are spelled: [entries, contexts]
    rest = np.zeros((len(found), len(CONTEXTS)))
    for number, entry in enumerate(found):
        np.add.at(rest[number], contexts[entry.ids[:-1]], 1)
    nats = np.array([entry.nats for entry in found])
    shares = np.where(present, LexiconShares().table(), 0.0)
    for _ in range(_ROUNDS if found else 1):
        kept = 1 - shares.sum(axis=1)
        own = shares[context, part] * listed
        spelled = kept[context] * np.exp(-nats + rest @ np.log(kept))
        posterior = own / np.maximum(own + spelled, 1e-300)
        counts = np.array(present, dtype=np.float64)[None, :].repeat(len(tokens), axis=0)
        np.add.at(counts, (context, part), posterior)
        # The characters of an entry are no tokens of their own.
        shares = counts / (tokens - posterior @ rest + _PRIOR_TOKENS)[:, None]
        shares = np.minimum(shares, _MAX_SHARE)
    shares = np.where(present, shares, LexiconShares().table()).round(5)
    return LexiconShares(*(tuple(column) for column in shares.T.tolist()))
