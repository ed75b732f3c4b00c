from dataclasses import replace

import numpy as np
import pytest
import torch

from seqchat.corpus.encoding import IdStream
from seqchat.evaluation.tuning import tune_mixture
from seqchat.model.config import ModelConfig
from seqchat.model.kneser_ney import estimate
from seqchat.model.network import build
from seqchat.model.ngrams import Mixture

WORDS, DIALOG = 20, 2


@pytest.fixture
def stream(tmp_path):
    """Dialogs in which each word but every fifth follows from the one before."""
    rng = np.random.default_rng(1)
    ids, starts = [], []
    for _ in range(60):
        starts.append(len(ids))
        ids.append(DIALOG)
        for _ in range(int(rng.integers(2, 90))):
            ids.append(int(rng.integers(4, WORDS)) if rng.random() < 0.2 else 4 + (ids[-1] * 3) % (WORDS - 4))
    ids, starts = np.array(ids, dtype=np.int32), np.array([*starts, len(ids)])
    return IdStream(ids, np.ones(len(ids), dtype=np.uint8), starts)


def network():
    torch.manual_seed(0)
    return build(ModelConfig(WORDS, embedding_size=4, hidden_size=6)).eval()


def perplexity(stream, network, ngrams, weights):
    """The perplexity of a mixture, token by token."""
    losses = []
    for start, end in zip(stream.starts[:-1], stream.starts[1:], strict=True):
        ids = torch.from_numpy(stream.ids[start:end].astype(np.int64))
        with torch.inference_mode():
            run = network(ids[:-1, None], network.initial_state(1), ids[1:, None])
            rows = network.logits(run.heads["forward"][:, 0]).softmax(dim=1)
        context = ngrams.begin(1)
        for row, word, following in zip(rows, ids[:-1].tolist(), ids[1:].tolist(), strict=True):
            context = ngrams.advance(context, np.array([word]))
            share = weights[int(ngrams.depths(context)[0])]
            other = float(ngrams.probabilities(context)[0, following])
            losses.append(-np.log((1 - share) * float(row[following]) + share * other))
    return np.exp(np.mean(losses))


@pytest.mark.slow
def test_the_weights_have_the_lowest_perplexity(stream):
    ngrams, net = estimate(stream.ids[:900], np.append(stream.starts[stream.starts < 900], 900), WORDS, 3), network()
    found = tune_mixture(net, ngrams, stream).parts[0]
    best = perplexity(stream, net, ngrams, found.weights)
    for depth in range(3):
        for other in (0.0, found.weights[depth] - 0.05, found.weights[depth] + 0.03):
            if 0 <= other < 1:
                weights = [*found.weights[:depth], other, *found.weights[depth + 1 :]]
                assert perplexity(stream, net, ngrams, weights) >= best * (1 - 1e-6)


def test_useless_ngrams_get_no_part(stream):
    monotonous = np.array([DIALOG, *[4, 5] * 2_000, *range(4, WORDS), *range(4, WORDS)], dtype=np.int32)
    net = network()
    with torch.no_grad():
        net.output_bias.copy_(torch.from_numpy(np.log(np.bincount(stream.ids, minlength=WORDS) + 1e-3)))
    found = tune_mixture(net, estimate(monotonous, np.array([0, len(monotonous)]), WORDS, 2), stream).parts[0]
    assert found.weights[1] < 0.15


def test_two_ngram_models_get_their_weights_together(stream, monkeypatch):
    """Without what is known of the base's weights, none of either model's can be changed for the better."""
    monkeypatch.setattr("seqchat.evaluation.tuning._PRIOR_TOKENS", 0)
    monkeypatch.setattr("seqchat.evaluation.tuning._PRIOR_TOKENS_OF_BASE", 0)
    monkeypatch.setattr("seqchat.evaluation.tuning._ROUNDS", 300)
    halves = [stream.selected(np.arange(stream.dialogs) % 3 == part) for part in range(2)]
    rest, net = stream.selected(np.arange(stream.dialogs) % 3 == 2), network()
    first, second = (estimate(half.ids, half.starts, WORDS, order) for half, order in zip(halves, (2, 3), strict=True))
    found = tune_mixture(net, second, rest, Mixture.of(first, (0.2, 0.2)))
    best = perplexity_of(found, net, rest)
    for number, part in enumerate(found.parts):
        for depth, weight in enumerate(part.weights):
            for other in (weight - 0.05, weight + 0.05):
                if 0 <= other < 1:
                    changed = replace(part, weights=(*part.weights[:depth], other, *part.weights[depth + 1 :]))
                    parts = (*found.parts[:number], changed, *found.parts[number + 1 :])
                    assert perplexity_of(Mixture(parts), net, rest) >= best * (1 - 1e-5)


def perplexity_of(mixture, net, stream):
    """The perplexity of n-gram models in a network's predictions, over whole dialogs."""
    losses = []
    for start, end in zip(stream.starts[:-1], stream.starts[1:], strict=True):
        ids = stream.ids[start:end].astype(np.int64)
        with torch.inference_mode():
            read = torch.from_numpy(ids)
            run = net(read[:-1, None], net.initial_state(1), read[1:, None])
            rows = net.logits(run.heads["forward"][:, 0]).softmax(dim=1)
        contexts = mixture.read(mixture.begin(1), ids[:-1, None])[:, 0]
        losses.append(-mixture.mixed(rows, contexts).log().gather(1, read[1:, None])[:, 0])
    return float(torch.cat(losses).mean().exp())


def test_the_bases_weights_stay_where_little_is_known(stream):
    few = stream.selected(np.arange(stream.dialogs) < 1)
    base = Mixture.of(estimate(stream.ids, stream.starts, WORDS, 2), (0.11, 0.77))
    alone = tune_mixture(network(), None, few, base)
    assert len(alone.parts) == 1
    assert alone.parts[0].weights == pytest.approx((0.11, 0.77), abs=0.15)
    assert tune_mixture(network(), None, few) is None
