from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.evaluation.pipeline import evaluate_stream
from seqchat.evaluation.validation import validate
from seqchat.model.kneser_ney import estimate
from seqchat.training import baselines
from seqchat.training.baselines import TEXTBOOK, train_ngrams, train_textbook

from ..conftest import QUICK, Silent

pytestmark = pytest.mark.slow

AUTO = segmenter("auto")
DIALOGS = list(read_dialogs(["sample"]))
LEARNED, VALIDATION = DIALOGS[:120], DIALOGS[120:150]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    counts = Counter(word for dialog in LEARNED for turn in dialog.turns for word in AUTO.split(turn))
    return Vocabulary.build(counts, AUTO, max_words=900)


@pytest.fixture(scope="module")
def streams(tmp_path_factory, vocabulary) -> tuple[IdStream, IdStream]:
    folder = tmp_path_factory.mktemp("streams")
    parts = (("train", LEARNED), ("validation", VALIDATION))
    return tuple(IdStream.write(folder / name, dialogs, vocabulary) for name, dialogs in parts)


def perplexity_by_hand(model, stream: IdStream) -> float:
    """Ask an n-gram model for the probability of one word after the other."""
    logs = []
    for first, end in zip(stream.starts[:-1], stream.starts[1:], strict=True):
        context = model.begin(1)
        for word, following in zip(stream.ids[first : end - 1], stream.ids[first + 1 : end], strict=True):
            context = model.advance(context, np.array([word]))
            logs.append(float(model.probabilities(context)[0, following].log()))
    return float(np.exp(-np.mean(logs)))


def test_ngrams_alone_predict_as_the_ngrams_do(streams, vocabulary):
    train, validation = streams
    baseline = train_ngrams(train, vocabulary, Silent())
    assert (baseline.name, baseline.parameters) == ("5-gram", 0)
    assert baseline.training_seconds > 0
    exact = estimate(np.array(train.ids), np.array(train.starts), len(vocabulary), 5)
    assert baseline.checkpoint.mixture.entries == exact.entries
    found = evaluate_stream(baseline.model.predictor(), validation, vocabulary).metrics()
    assert found.overall.perplexity == pytest.approx(perplexity_by_hand(exact, validation), rel=1e-4)
    assert found.overall.perplexity < len(vocabulary) / 3


def test_ngrams_type_through_the_engine(streams, vocabulary):
    baseline = train_ngrams(streams[0], vocabulary, Silent())
    engine = Engine("5-gram", baseline.checkpoint)
    text = f"{LEARNED[0].turns[0]}\n"
    ngrams = baseline.checkpoint.mixture.parts[0].ngrams
    context = ngrams.begin(1)
    for word in [2, *engine.context.ids(text)]:
        context = ngrams.advance(context, np.array([word]))
    expected = ngrams.probabilities(context)[0].masked_fill(~torch.from_numpy(vocabulary.suggestible), 0)
    found = suggest(engine, text, 5, pinyin=False)
    assert [s.probability for s in found] == pytest.approx(expected.topk(5).values.tolist(), rel=1e-4)


def test_the_textbook_keeps_its_best_weights(streams, vocabulary):
    train, validation = streams
    watcher = Silent()
    # So high a rate that it gets worse again.
    settings = replace(QUICK, epochs=6, learning_rate=0.03, eval_interval=2_000, patience=3)
    baseline = train_textbook(train, validation, vocabulary, watcher, settings)
    reported = [report.quality.perplexity for report in watcher.reports]
    assert min(reported) < reported[-1]
    suggestible = torch.from_numpy(vocabulary.suggestible)
    network = baseline.model.network
    assert validate(network, validation, suggestible)["forward"].perplexity == pytest.approx(min(reported), rel=1e-4)
    assert watcher.steps > 0
    assert watcher.parameters == baseline.parameters == sum(w.numel() for w in network.parameters())
    assert suggest(Engine("textbook", baseline.checkpoint), "今天", 5)


def test_the_textbook_is_the_network_of_the_textbook(streams, vocabulary):
    baseline = train_textbook(*streams, vocabulary, Silent(), replace(QUICK, epochs=1, time_limit=1.0))
    config = baseline.checkpoint.config
    assert {name: getattr(config, name) for name in TEXTBOOK} == TEXTBOOK
    assert (config.objective, config.window, config.cell) == ("window", 5, "lstm")
    assert baseline.training_seconds > 0


def test_training_the_textbook_leaves_the_process_as_it_was(streams, vocabulary, monkeypatch):
    def broken(*_):
        assert torch.get_num_threads() == 1
        raise RuntimeError

    monkeypatch.setattr(baselines, "_best_weights", broken)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(RuntimeError):
            train_textbook(*streams, vocabulary, Silent(), QUICK)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    # Numbers near zero are numbers still.
    assert float(torch.tensor(1e-39) * 0.5) > 0
