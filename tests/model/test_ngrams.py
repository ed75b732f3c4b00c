"""n-grams against the formulas written out with dictionaries (Chen and Goodman 1999)."""

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest
import torch

from seqchat.errors import SeqchatError
from seqchat.model.kneser_ney import estimate
from seqchat.model.ngrams import Mixture, WeightedNgrams

WORDS = 12
DIALOG = 2


def text(seed, dialogs=30):
    """Return ids and starts of random dialogs in which some words follow each other often."""
    rng = np.random.default_rng(seed)
    ids, starts = [], []
    for _ in range(dialogs):
        starts.append(len(ids))
        ids.append(DIALOG)
        for _ in range(int(rng.integers(1, 15))):
            ids.append(int(3 + (ids[-1] * 5 + rng.integers(0, 3)) % (WORDS - 3)))
    return np.array(ids, dtype=np.int32), np.array([*starts, len(ids)])


def dialogs_of(ids, starts):
    return [ids[a:b].tolist() for a, b in pairwise(starts)]


class Written:
    """Interpolated modified Kneser-Ney, as the paper has it, one probability at a time."""

    def __init__(self, dialogs, order, counted=lambda word: True):
        self.order = order
        raw = [Counter() for _ in range(order + 1)]
        for dialog in dialogs:
            for n in range(1, order + 1):
                for i in range(n - 1, len(dialog)):
                    if not (n == 1 and i == 0) and counted(dialog[i]):
                        raw[n][tuple(dialog[i - n + 1 : i + 1])] += 1
        self.counts = [Counter() for _ in range(order + 1)]
        self.counts[order] = raw[order]
        for n in range(1, order):
            before = defaultdict(set)
            for longer in raw[n + 1]:
                before[longer[1:]].add(longer[0])
            self.counts[n] = Counter({gram: len(before[gram]) or raw[n][gram] for gram in raw[n]})
        self.discounts = [self._discounts(self.counts[n]) for n in range(order + 1)]

    @staticmethod
    def _discounts(counts):
        n1, n2, n3, n4 = (sum(c == n for c in counts.values()) for n in (1, 2, 3, 4))
        if not (n1 and n2 and n3 and n4):
            return 0.5, 1.0, 1.5
        y = n1 / (n1 + 2 * n2)
        found = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
        return found if all(0 < d < n for n, d in enumerate(found, 1)) else (0.5, 1.0, 1.5)

    def probability(self, word, context):
        context = tuple(context[max(len(context) - self.order + 1, 0) :])
        return self._probability(word, context)

    def _probability(self, word, context):
        n = len(context) + 1
        lower = 1 / WORDS if n == 1 else self._probability(word, context[1:])
        following = {gram: c for gram, c in self.counts[n].items() if gram[:-1] == context}
        total = sum(following.values())
        if not total:
            return lower
        taken = [self.discounts[n][min(c, 3) - 1] for c in following.values()]
        count = following.get((*context, word), 0)
        own = count - self.discounts[n][min(count, 3) - 1] if count else 0.0
        return own / total + sum(taken) / total * lower


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_model_is_that_of_the_paper(order, seed):
    ids, starts = text(seed)
    model, written = estimate(ids, starts, WORDS, order), Written(dialogs_of(ids, starts), order)
    for dialog in [*dialogs_of(ids, starts)[:4], [DIALOG, 3, 11, 4, 4, 4, 9]]:
        context = model.begin(1)
        for i, word in enumerate(dialog):
            context = model.advance(context, np.array([word]))
            expected = [written.probability(w, dialog[: i + 1]) for w in range(WORDS)]
            assert model.probabilities(context)[0].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_what_is_not_counted_is_only_what_precedes(order):
    ids, starts = text(4)
    model = estimate(ids, starts, WORDS, order, counted=ids % 3 > 0)
    written = Written(dialogs_of(ids, starts), order, lambda word: word % 3 > 0)
    for dialog in dialogs_of(ids, starts)[:6]:
        context = model.begin(1)
        for i, word in enumerate(dialog):
            context = model.advance(context, np.array([word]))
            expected = [written.probability(w, dialog[: i + 1]) for w in range(WORDS)]
            assert model.probabilities(context)[0].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("most", [60, 15, 0])
def test_what_precedes_is_pruned_with_what_follows(most):
    ids, starts = text(3)
    model = estimate(ids, starts, WORDS, 4, most, counted=ids % 3 > 0)
    assert model.entries - WORDS <= most
    rows = model.probabilities(walk(model, ids[:200]))
    assert rows.sum(dim=1).tolist() == pytest.approx([1.0] * len(rows), abs=1e-5)


def walk(model, ids):
    contexts = [model.begin(1)]
    for word in ids:
        contexts.append(model.advance(contexts[-1], np.array([word])))
    return np.concatenate(contexts)


@pytest.mark.parametrize("most", [None, 60, 15, 0])
def test_every_row_sums_to_one_however_much_is_pruned(most):
    ids, starts = text(3)
    model = estimate(ids, starts, WORDS, 4, most)
    if most is not None:
        assert model.entries - WORDS <= most
    rows = model.probabilities(walk(model, ids[:200]))
    assert rows.sum(dim=1).tolist() == pytest.approx([1.0] * len(rows), abs=1e-5)
    assert (rows[:, DIALOG] < rows.max(dim=1).values).all()


def test_some_words_have_the_probabilities_of_their_rows():
    ids, starts = text(4)
    model = estimate(ids, starts, WORDS, 4, 100)
    contexts = walk(model, ids[:50])
    some = np.random.default_rng(0).integers(0, WORDS, (len(contexts), 5))
    rows = model.probabilities(contexts)
    assert torch.allclose(model.probabilities_of(contexts, some), rows.gather(1, torch.from_numpy(some)), atol=1e-6)


@pytest.mark.parametrize("stored", [False, True])
def test_the_same_words_have_the_probabilities_of_each_row(stored):
    ids, starts = text(4)
    model = estimate(ids, starts, WORDS, 4, 100)
    model = model.stored() if stored else model
    contexts = walk(model, ids[:50])
    same = np.array([7, 3, 7, 0, 11])
    for rows in (contexts, contexts[:3], contexts[:1]):
        expected = model.probabilities(rows)[:, torch.from_numpy(same)]
        wanted = torch.from_numpy(same).expand(len(rows), -1).numpy()
        assert torch.allclose(model.probabilities_of(rows, wanted), expected, atol=1e-6)


def test_pruning_leaves_out_the_rare_ones_and_their_mass_to_shorter_contexts():
    ids, starts = text(5, dialogs=200)
    whole, pruned = estimate(ids, starts, WORDS, 3), estimate(ids, starts, WORDS, 3, 80)
    assert 0 < pruned.entries < whole.entries
    for level, full in zip(pruned.levels, whole.levels, strict=True):
        assert set(level.words) <= set(full.words)
        for first, end in pairwise(level.starts):
            assert (np.diff(level.words[first:end].astype(int)) > 0).all()
    everything = slice(None)
    assert pruned.levels[-1].shares(everything).sum() < whole.levels[-1].shares(everything).sum()


def test_what_is_stored_is_nearly_the_same():
    ids, starts = text(6)
    model = estimate(ids, starts, WORDS, 4)
    contexts = walk(model, ids[:100])
    rows, stored = model.probabilities(contexts), model.stored().probabilities(contexts)
    assert stored.sum(dim=1).tolist() == pytest.approx([1.0] * len(stored), abs=1e-5)
    assert ((stored - rows).abs() <= 0.04 * rows.clamp(min=0.01) + 0.03).all()
    assert model.stored().entries == model.entries


def test_depths_count_the_words_that_say_something():
    model = estimate(np.array([2, 4, 5, 6, 2, 4, 5, 7], dtype=np.int32), np.array([0, 4, 8]), WORDS, 3)
    contexts = walk(model, [2, 4, 5, 6, 9])
    assert model.depths(contexts).tolist() == [0, 1, 2, 2, 0, 0]


def test_a_mixture_is_between_its_parts():
    ids, starts = text(7)
    model = estimate(ids, starts, WORDS, 3)
    mixture = Mixture.of(model, (0.0, 0.25, 0.5))
    contexts = walk(model, ids[:20])
    network = torch.randn(len(contexts), WORDS).log_softmax(dim=1)
    mixed = mixture.mix(network, contexts)
    share = torch.tensor(mixture.parts[0].weights)[torch.from_numpy(model.depths(contexts)), None]
    assert set(share.flatten().tolist()) == {0.0, 0.25, 0.5}
    assert torch.allclose(mixed.exp(), (1 - share) * network.exp() + share * model.probabilities(contexts), atol=1e-6)
    ids = torch.arange(5).expand(len(contexts), -1)
    assert torch.allclose(mixture.mix_some(network[:, :5], contexts, ids), mixed[:, :5], atol=1e-5)


def test_ngrams_are_mixed_in_one_after_the_other():
    parts = [estimate(*text(seed), WORDS, order) for seed, order in [(7, 3), (8, 4), (9, 1)]]
    weights = [(0.1, 0.25, 0.5), (0.0, 0.3, 0.6, 0.9), (0.05,)]
    mixture = Mixture(tuple(map(WeightedNgrams, parts, weights)))
    assert mixture.entries == sum(part.entries for part in parts)
    ids = text(10)[0][:20]
    contexts = walk(mixture, ids)
    assert (mixture.read(mixture.begin(1), ids[:, None])[:, 0] == contexts[1:]).all()
    network = torch.randn(len(contexts), WORDS).log_softmax(dim=1)
    expected = network.exp().double().numpy()
    for part, weight in zip(parts, weights, strict=True):
        own = walk(part, ids)
        for row, (context, depth) in enumerate(zip(own, part.depths(own).tolist(), strict=True)):
            ngram = part.probabilities(context[None])[0].double().numpy()
            expected[row] = (1 - weight[depth]) * expected[row] + weight[depth] * ngram
    mixed = mixture.mix(network, contexts)
    assert mixed.exp().sum(dim=1).tolist() == pytest.approx([1] * len(mixed), abs=1e-5)
    assert torch.allclose(mixed.exp().double(), torch.from_numpy(expected), atol=1e-6)
    some = torch.arange(5).expand(len(contexts), -1)
    assert torch.allclose(mixture.mix_some(network[:, :5], contexts, some), mixed[:, :5], atol=1e-5)


@pytest.mark.parametrize("stored", [False, True])
def test_a_larger_vocabulary_changes_no_probability(stored):
    ids, starts = text(11)
    model = estimate(ids, starts, WORDS, 3)
    model = model.stored() if stored else model
    wider = model.widened(WORDS + 300)
    wider = wider.stored() if stored else wider
    contexts = walk(wider, ids[:30])
    assert (contexts == walk(model, ids[:30])).all()
    rows = wider.probabilities(contexts)
    assert torch.allclose(rows[:, :WORDS], model.probabilities(contexts), atol=1e-7)
    assert not rows[:, WORDS:].any()
    # After a word that it never read, and among words whose numbers need more bytes
    new = wider.advance(contexts[-1:], np.array([WORDS + 256 + int(ids[3])]))
    assert wider.depths(new).tolist() == [0]
    assert torch.allclose(wider.probabilities(new)[0, :WORDS], torch.from_numpy(model.unigrams), atol=1e-7)
    some = np.arange(WORDS + 300)[None]
    assert torch.allclose(wider.probabilities_of(contexts[-1:], some), rows[-1:], atol=1e-7)


def test_nothing_to_count_is_refused():
    with pytest.raises(SeqchatError, match="no words"):
        estimate(np.array([2, 2], dtype=np.int32), np.array([0, 1, 2]), WORDS)
    with pytest.raises(SeqchatError, match="at least 1"):
        estimate(np.array([2, 4], dtype=np.int32), np.array([0, 2]), WORDS, 0)


class Widened:
    """The same n-grams in the plainest form: a dictionary of shares, and sums over all of them."""

    def __init__(self, level, above):
        self.shares = {}
        total, self.backoffs = np.float64(0), []
        for parent in range(above):
            before = total
            for entry in range(level.starts[parent], level.starts[parent + 1]):
                share = level.shares(np.array([entry]))[0]
                self.shares[parent, int(level.words[entry])] = entry, share
                total = total + np.float64(share)
            self.backoffs.append(np.float32(min(max(1.0 - (total - before), 0.0), 1.0)))


@pytest.mark.parametrize(("most", "stored"), [(None, False), (None, True), (40, True), (0, True)])
def test_what_is_looked_up_in_few_bytes_is_what_a_dictionary_has(monkeypatch, most, stored):
    monkeypatch.setattr("seqchat.model.ngram_levels._CHUNK", 7)
    ids, starts = text(8, dialogs=60)
    model = estimate(ids, starts, WORDS, 4, most)
    model = model.stored() if stored else model
    rng, above = np.random.default_rng(0), WORDS
    for level in model.levels:
        plain = Widened(level, above)
        assert level.backoffs.tolist() == [*plain.backoffs, 1.0]
        for rows, some in [(3, 5), (3, 40), (200, 1), (200, 3)]:
            parents, wanted = rng.integers(-1, above, rows), rng.integers(0, WORDS, (rows, some))
            expected = [
                [plain.shares.get((p, w), (-1,))[0] for w in row]
                for p, row in zip(parents, wanted.tolist(), strict=True)
            ]
            assert level.find(parents, wanted).tolist() == expected
        above = len(level)


def test_a_small_type_is_not_mistaken_for_a_word():
    """All last words fit into a byte, but not every word of the vocabulary does."""
    model = estimate(np.array([2, 4, 5, 2, 4, 6], dtype=np.int32), np.array([0, 3, 6]), 1_000, 2).stored()
    assert model.to_tensors()["2.words"].dtype == torch.uint8
    context = model.advance(model.begin(1), np.array([4]))
    known, other = model.probabilities_of(context, np.array([[5, 5 + 256]]))[0].tolist()
    assert known > 100 * other


def test_storing_again_loses_nothing():
    ids, starts = text(9)
    model = estimate(ids, starts, WORDS, 4).stored()
    assert all(torch.equal(tensor, model.stored().to_tensors()[name]) for name, tensor in model.to_tensors().items())
    again = model.stored().stored()
    contexts = walk(model, ids[:60])
    assert torch.equal(model.probabilities(contexts), again.probabilities(contexts))
