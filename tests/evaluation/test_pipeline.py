"""The metrics against their definitions: word by word, with what the engine would suggest."""

import math
from collections import defaultdict
from dataclasses import replace

import pytest
import torch

from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.vocabulary import TURN_ID
from seqchat.errors import SeqchatError
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.evaluation.pipeline import evaluate, evaluate_stream
from seqchat.evaluation.predictor import TextPredictor
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import CacheWeights, ModelConfig
from seqchat.model.network import PADDING, build
from seqchat.model.threads import one_thread
from seqchat.training.baselines import ngrams_alone


@pytest.fixture
def dialogs():
    sample = list(read_dialogs(["sample"]))
    return [*sample[:3], Dialog(("龘龘𠀀", "好", "ok hello, 你好 world")), sample[5], Dialog(tuple("你我他好" * 7))]


def turn_group(turn):
    for name, first, last in (("1", 1, 1), ("2", 2, 2), ("3–5", 3, 5), ("6–10", 6, 10), ("11–20", 11, 20)):
        if first <= turn <= last:
            return name
    return "21 and later"


class Plain:
    """What is counted, one word after the other, from the rows that the engine predicts."""

    def __init__(self, engine, dialogs):
        self.nats = self.tokens = self.characters = 0
        self.ranks, self.turns, self.typed = [], defaultdict(list), {1: [], 2: []}
        self.losses = defaultdict(list)
        vocabulary = engine.vocabulary
        for dialog in dialogs:
            said = ""
            for number, turn in enumerate(dialog.turns, 1):
                ids = []
                for word in [*vocabulary.segmenter.split(turn), "\n"]:
                    pieces = vocabulary.encode_word(word)
                    for index, word_id in enumerate(pieces):
                        row = self._row(engine, said, ids)
                        self.nats -= float(row[word_id])
                        self.tokens += 1
                        self.losses[turn_group(number)].append(-float(row[word_id]))
                        if word != "\n" and index == 0:
                            self._count(vocabulary, row, word, word_id, turn_group(number))
                        ids.append(word_id)
                said += f"{turn}\n"
                self.characters += len(turn) + 1

    @staticmethod
    def _row(engine, said, ids):
        tree = engine.context.tree
        start = engine.context.node(said) if said else tree.root
        (node,) = tree.read([start], [ids])
        recall = engine.memory.cache_before(node)
        row = tree.log_probs(node)
        return row if recall is None else recall.mix_all(row, recall.log_shares(node))

    def _count(self, vocabulary, row, word, word_id, group):
        known = word in vocabulary and vocabulary.suggestible[word_id]
        offered = torch.from_numpy(vocabulary.suggestible)
        rank = int((row[offered] > row[word_id]).sum()) + 1 if known else math.inf
        self.ranks.append(rank)
        self.turns[group].append(rank)
        plain = word.removeprefix(GLUE) or word
        for typed, ranks in self.typed.items():
            pieces = len(plain) if word in vocabulary else len(vocabulary.encode_word(word))
            if pieces <= typed or (word in vocabulary and not known):
                continue
            alike = [
                i
                for i in range(len(vocabulary))
                if vocabulary.suggestible[i]
                and len(w := vocabulary.words[i].removeprefix(GLUE) or vocabulary.words[i]) > typed
                and w.startswith(plain[:typed])
            ]
            ranks.append(int((row[alike] > row[word_id]).sum()) + 1 if known else math.inf)


def share(ranks, k):
    return sum(rank <= k for rank in ranks) / len(ranks)


@pytest.mark.slow
def test_the_metrics_follow_their_definitions(engine, models, tmp_path, dialogs):
    stream = IdStream.write(tmp_path, dialogs, engine.vocabulary)
    model = EvaluatedModel.load(models[engine.config.cell])
    found = evaluate_stream(model.predictor(), stream, model.vocabulary).metrics()
    plain = Plain(engine, dialogs)
    assert (found.overall.tokens, found.overall.words) == (plain.tokens, len(plain.ranks))
    assert found.overall.perplexity == pytest.approx(math.exp(plain.nats / plain.tokens), rel=1e-3)
    assert found.bits_per_character == pytest.approx(plain.nats / math.log(2) / plain.characters, rel=1e-3)
    near = 2.5 / len(plain.ranks)  # ties within the error of float32 may fall on either side
    for k, value in ((1, found.overall.top1), (3, found.overall.top3), (5, found.overall.top5)):
        assert value == pytest.approx(share(plain.ranks, k), abs=near)
    assert found.overall.mrr == pytest.approx(sum(1 / rank for rank in plain.ranks) / len(plain.ranks), abs=near)
    assert found.oov_rate == stream.unknown_words / stream.words
    for typed, ranks in plain.typed.items():
        assert found.typed[typed]["words"] == len(ranks)
        for k in (1, 3, 5):
            assert found.typed[typed][f"top{k}"] == pytest.approx(share(ranks, k), abs=2.5 / len(ranks))
    assert set(found.groups["turn"]) == set(plain.turns)
    for group, ranks in plain.turns.items():
        metrics = found.groups["turn"][group]
        assert metrics.words == len(ranks)
        assert metrics.top5 == pytest.approx(share(ranks, 5), abs=2.5 / len(ranks))
        losses = plain.losses[group]
        assert metrics.perplexity == pytest.approx(math.exp(sum(losses) / len(losses)), rel=1e-3)
    assert sum(metrics.words for metrics in found.groups["frequency"].values()) == found.overall.words
    assert found.groups["frequency"]["not in the vocabulary"].top5 == 0
    assert found.groups["frequency"]["1–100"].top1 > found.overall.top1


def test_texts_can_be_counted_one_after_the_other(models, tmp_path, dialogs):
    model = EvaluatedModel.load(models["lstm"])
    whole = evaluate_stream(
        model.predictor(), IdStream.write(tmp_path / "a", dialogs, model.vocabulary), model.vocabulary
    )
    first, second = (
        evaluate_stream(model.predictor(), IdStream.write(tmp_path / name, part, model.vocabulary), model.vocabulary)
        for name, part in (("b", dialogs[:2]), ("c", dialogs[2:]))
    )
    a, b = whole.metrics(), (first + second).metrics()
    assert a.overall.perplexity == pytest.approx(b.overall.perplexity, rel=1e-5)
    assert (a.overall.words, a.overall.top5, a.typed) == (b.overall.words, pytest.approx(b.overall.top5), b.typed)


def test_unknown_words_are_counted_across_blocks(models, tmp_path, dialogs, monkeypatch):
    model = EvaluatedModel.load(models["lstm"])
    stream = IdStream.write(tmp_path, dialogs, model.vocabulary)
    expected = evaluate_stream(model.predictor(), stream, model.vocabulary).metrics().typed
    for block in (1, 2, 3, 7):
        monkeypatch.setattr("seqchat.corpus.encoding._BLOCK", block)
        assert evaluate_stream(model.predictor(), stream, model.vocabulary).metrics().typed == expected


def test_ngrams_alone_are_measured_too(models, tmp_path, dialogs):
    model = EvaluatedModel.load(models["lstm"])
    stream = IdStream.write(tmp_path, dialogs, model.vocabulary)
    mixture = model.checkpoint.mixture
    alone = EvaluatedModel.of("ngrams", ngrams_alone(mixture.parts[0].ngrams, model.vocabulary))
    found = evaluate_stream(alone.predictor(), stream, model.vocabulary).metrics().overall
    ids, loss = stream.ids.tolist(), 0.0
    for start, end in zip(stream.starts[:-1], stream.starts[1:], strict=True):
        context = mixture.begin(1)
        for here, following in zip(ids[start : end - 1], ids[start + 1 : end], strict=True):
            context = mixture.advance(context, torch.tensor([here]).numpy())
            loss -= math.log(float(mixture.parts[0].ngrams.probabilities(context)[0, following]))
    assert found.perplexity == pytest.approx(math.exp(loss / found.tokens), rel=1e-4)


def test_a_window_network_is_measured_too(models, tmp_path, dialogs):
    model = EvaluatedModel.load(models["lstm"])
    config = ModelConfig(len(model.vocabulary), objective="window", embedding_size=4, hidden_size=6)
    torch.manual_seed(0)
    network = build(config).eval()
    stream = IdStream.write(tmp_path, dialogs, model.vocabulary)
    found = evaluate_stream(TextPredictor(network), stream, model.vocabulary).metrics().overall
    loss = 0.0
    for start, end in zip(stream.starts[:-1], stream.starts[1:], strict=True):
        ids = stream.ids[start:end].tolist()
        for index in range(1, len(ids)):
            window = ([PADDING] * 5 + ids[:index])[-5:]
            hidden, _ = network.recurrent(network.embedding(torch.tensor(window)[:, None]))
            features = network.projection(hidden[-1])
            loss -= network.logits(features).log_softmax(dim=1)[0, ids[index]].item()
    assert found.perplexity == pytest.approx(math.exp(loss / found.tokens), rel=1e-4)


def test_only_a_network_alone_leaves_logits_that_are_nearly_exact(models):
    nothing = {"ngrams": False, "cache": False, "lexicon": "none"}
    assert not EvaluatedModel.load(models["lstm"], **nothing).predictor().exact
    for name in ("ngrams", "cache"):
        mixed = EvaluatedModel.load(models["lstm"], **{**nothing, name: True})
        assert mixed.predictor().exact, name
        assert not mixed.head_predictor("forward").exact
    assert TextPredictor(build(mixed.checkpoint.config)).exact


def test_a_head_is_measured_without_ngrams_and_cache(models, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("今天去吃火锅吗\n好的，火锅很好吃\n今天晚上再去\n", "utf-8")
    checkpoint = Checkpoint.load(models["lstm"])
    config = replace(checkpoint.config, objective="infill")
    torch.manual_seed(0)
    infill = replace(checkpoint, config=config, weights=build(config).state_dict(), cache=CacheWeights(0.2, 0.1))
    mixed = evaluate(EvaluatedModel.of("mixed", infill), [str(text)])
    alone = evaluate(EvaluatedModel.of("alone", replace(infill, mixture=None, cache=CacheWeights())), [str(text)])
    assert mixed.heads == alone.heads
    assert list(mixed.heads) == ["forward", "backward", "joint"]
    assert mixed.heads["forward"] == alone.text.overall
    assert mixed.heads["forward"] != mixed.text.overall


def test_a_text_without_words_is_refused(models, tmp_path):
    model = EvaluatedModel.load(models["lstm"])
    stream = IdStream.write(tmp_path, [Dialog(("你",))], model.vocabulary)
    blank = IdStream(stream.ids[[0, 2]].copy(), stream.kinds[[0, 2]].copy(), torch.tensor([0, 2]).numpy())
    assert blank.ids.tolist() == [2, TURN_ID]
    with pytest.raises(SeqchatError, match="no word"):
        evaluate_stream(model.predictor(), blank, model.vocabulary).metrics()


@pytest.mark.parametrize("threads", [2, 3, 50])
def test_several_threads_count_what_one_does(models, tmp_path, dialogs, threads):
    model = EvaluatedModel.load(models["lstm"])
    stream = IdStream.write(tmp_path, dialogs, model.vocabulary)
    with one_thread():
        expected = evaluate_stream(model.predictor(), stream, model.vocabulary).metrics()
        torch.set_num_threads(threads)
        found = evaluate_stream(model.predictor(), stream, model.vocabulary).metrics()
        assert torch.get_num_threads() == threads
    assert found.overall.perplexity == pytest.approx(expected.overall.perplexity, rel=1e-5)
    assert (found.overall.words, found.oov_rate) == (expected.overall.words, expected.oov_rate)
    assert found.overall.top5 == pytest.approx(expected.overall.top5, abs=2.5 / found.overall.words)
    assert {name: group.words for name, group in found.groups["turn"].items()} == {
        name: group.words for name, group in expected.groups["turn"].items()
    }


@pytest.mark.parametrize("part", [0, 1])
def test_a_failure_in_any_thread_ends_the_evaluation(models, tmp_path, dialogs, part):
    model = EvaluatedModel.load(models["lstm"])
    stream = IdStream.write(tmp_path, dialogs, model.vocabulary)
    broken = stream.split(2)[part].ids[:2].tolist()

    class Failing:
        def predict(self, reader):
            for batch in reader:
                if broken in batch.inputs[:2].T.tolist():
                    raise SeqchatError("broken")
            yield from ()

    with one_thread():
        torch.set_num_threads(2)
        with pytest.raises(SeqchatError, match="broken"):
            evaluate_stream(Failing(), stream, model.vocabulary)
