"""A model that learns to write as one person: what others wrote is read, and counts nowhere."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream, is_learned
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.evaluation.keystrokes import simulate
from seqchat.evaluation.pinyin_samples import sample, sentence_spans
from seqchat.evaluation.pipeline import evaluate
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.training.assessment import assess
from seqchat.training.counting import count_ngrams
from seqchat.training.losses import TrainingLoss
from seqchat.training.run import resume, train
from seqchat.training.settings import TrainingSettings
from seqchat.training.task import Task

from ..conftest import QUICK, TINY, Silent

HERS = ("see you soon", "the train is late", "tea is ready", "come home early")
HIS = ("yeah nah", "brb mate", "lol whatever", "gonna skip this")
LEARNING = replace(QUICK, epochs=4, learning_rate=1e-2, batch_size=4)


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    """Two people who share no word, in turns."""
    rng = np.random.default_rng(0)
    dialogs = []
    for _ in range(60):
        turns = [{"speaker": name, "text": str(rng.choice(said))} for name, said in (("Ana", HERS), ("Bob", HIS)) * 3]
        dialogs.append({"messages": turns})
    path = tmp_path_factory.mktemp("chat") / "chat.jsonl"
    path.write_text("".join(json.dumps(dialog) + "\n" for dialog in dialogs), "utf-8")
    return str(path)


def words_of(*texts):
    return {word for text in texts for word in text.split()}


@pytest.fixture(scope="module")
def as_ana(chat, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "ana"
    watcher = Silent()
    train(Task([chat], TINY, speakers=["ana"], min_count=1), LEARNING, folder, watcher)
    return folder, watcher


def test_it_writes_as_the_person_after_the_others_turns(as_ana):
    engine = Engine.load(as_ana[0])
    for said in HIS:
        offered = {suggestion.insert.strip() for suggestion in suggest(engine, f"see you soon\n{said}\n", 4)}
        assert offered <= words_of(*HERS), said


def test_the_record_says_as_whom(as_ana, chat):
    folder, watcher = as_ana
    assert Checkpoint.load(folder).data["speakers"] == ["ana"]
    assert "written by ana; the turns of others are only context" in (folder / "README.md").read_text("utf-8")
    assert any("Learned: 180 of 360 turns, by Ana (180)" in message for message in watcher.messages)


def test_only_the_persons_words_are_reported(as_ana):
    folder, watcher = as_ana
    validation = IdStream.open(folder / "training" / "validation")
    learned = is_learned(np.array(validation.kinds))
    words = Checkpoint.load(folder).words
    hers = [words[i] for i in validation.ids[learned] if not words[i].startswith("<")]
    assert set(hers) <= words_of(*HERS)
    assert watcher.reports[-1].quality.words == len(hers)


def test_ngrams_know_nothing_that_others_wrote(as_ana):
    folder, _ = as_ana
    checkpoint = Checkpoint.load(folder)
    own = checkpoint.mixture.parts[-1].ngrams
    ids = {word: number for number, word in enumerate(checkpoint.words)}
    before = own.read(own.begin(1), np.array([[ids["see"]]]))[-1]
    follows = own.probabilities_of(before, np.array([[ids["you"], ids["nah"]]]))[0]
    assert float(follows[0]) > 0.5
    assert float(follows[1]) < 0.01
    # It knows how she goes on after his words all the same
    after_him = own.read(own.begin(1), np.array([[ids["nah"]], [ids["<turn>"]]]))[-1]
    assert float(own.probabilities_of(after_him, np.array([[ids["tea"]]]))[0, 0]) > 0.1


@pytest.mark.parametrize("max_tokens", [10_000, 60])
def test_ngrams_of_a_part_of_a_text_are_the_persons_too(tmp_path, max_tokens):
    known = Vocabulary.build(dict.fromkeys("abxy", 5), segmenter("unicode"), min_count=1, max_words=50)
    dialogs = [Dialog(("a b", "x y", "a b"), learned=(True, False, True))] * 20
    ngrams = count_ngrams(IdStream.write(tmp_path, dialogs, known), len(known), 1_000, max_tokens=max_tokens)
    unigrams = {word: float(ngrams.unigrams[i]) for i, word in enumerate(known.words)}
    assert unigrams["x"] == unigrams["y"] < 0.1 < min(unigrams["a"], unigrams["b"])


@pytest.mark.parametrize("objective", ["next", "infill", "window"])
def test_the_loss_is_that_of_what_is_learned(objective):
    torch.manual_seed(0)
    shape = {"window": 4} if objective == "window" else {}
    network = build(ModelConfig(60, embedding_size=8, hidden_size=8, objective=objective, **shape)).eval()
    loss = TrainingLoss(network, TrainingSettings(softmax="full", ar_alpha=0.0, tar_beta=0.0))
    ids, targets = torch.randint(4, 60, (9, 3)), torch.randint(4, 60, (9, 3))
    mask = torch.zeros(9, 3, dtype=torch.bool)
    mask[2:5, 1] = True
    _, token_loss, _ = loss(ids, loss.initial_state(3), targets, mask, 1.0)
    logits = network.logits(list(network(ids, network.initial_state(3), targets).heads.values())[-1][mask])
    torch.testing.assert_close(token_loss, torch.nn.functional.cross_entropy(logits, targets[mask]))
    nothing, _, _ = loss(ids, loss.initial_state(3), targets, torch.zeros_like(mask), 1.0)
    assert nothing.item() == 0


@pytest.mark.parametrize(
    ("network", "settings"),
    [({"objective": "infill"}, {}), ({"objective": "window", "window": 4}, {"ngrams": 0}), ({}, {"batch_size": 1})],
    ids=["infill", "window", "a dialog at a time"],
)
def test_every_objective_learns_one_person(chat, tmp_path, network, settings):
    quick = replace(QUICK, **{"epochs": 1, **settings, "window": 5})
    watcher = Silent()
    result = train(Task([chat], {**TINY, **network}, speakers=["Bob"], max_dialogs=30), quick, tmp_path / "m", watcher)
    assert result.quality.words == watcher.reports[-1].quality.words > 0
    assert np.isfinite(result.quality.perplexity)


def test_going_on_with_replay_and_resuming_stay_with_the_person(as_ana, chat, tmp_path):
    folder = tmp_path / "bob"
    task = Task([chat], {}, base=str(as_ana[0]), speakers=["Bob"])
    train(task, replace(LEARNING, epochs=1, replay=0.3), folder, Silent())
    again = resume(folder, Silent(), changes={"epochs": 2})
    validation = IdStream.open(folder / "training" / "validation")
    assert again.quality.words == validation.words
    assert Checkpoint.load(folder).data["speakers"] == ["Bob"]


@pytest.mark.slow
def test_the_end_of_a_run_measures_the_persons_turns(as_ana):
    folder, _ = as_ana
    kept = [json.loads(line)["dialog"] for line in (folder / "training" / "held_out.jsonl").read_text().splitlines()]
    assert {turn["speaker"] for turns in kept for turn in turns} == {"me", "others"}
    hers = [turn["text"] for turns in kept for turn in turns if turn["speaker"] == "me"]
    assert assess(folder, Silent()).words == sum(len(text.split()) for text in hers)


def test_evaluation_says_whom_it_measures(as_ana, chat):
    folder, _ = as_ana
    model, watcher = EvaluatedModel.load(folder), Silent()
    everybody = evaluate(model, [chat], progress=watcher)
    assert any("learned to write as one side of a chat" in message for message in watcher.messages)
    watcher = Silent()
    hers = evaluate(model, [chat], reading=ReadingOptions(speakers=("Ana",)), progress=watcher)
    assert not any("one side of a chat" in message for message in watcher.messages)
    his = evaluate(model, [chat], reading=ReadingOptions(speakers=("Bob",)))
    assert hers.text.overall.words + his.text.overall.words == everybody.text.overall.words
    assert hers.text.overall.perplexity < everybody.text.overall.perplexity < his.text.overall.perplexity
    parts = [each.text.bits_per_character for each in (hers, everybody, his)]
    assert parts == sorted(parts)


def test_only_the_persons_turns_are_typed(as_ana):
    dialog = Dialog(("yeah nah", "tea is ready"), learned=(False, True))
    typed = simulate(Engine.load(as_ana[0]), [dialog], characters=100)
    assert typed.characters == len("tea is ready")


def test_only_the_persons_sentences_are_typed_in_pinyin():
    dialog = Dialog(("今天天气很好", "我们去吃饭吧"), learned=(False, True))
    (chosen,) = sample([dialog], sentence_spans, 5)
    assert (chosen.text, chosen.left) == ("我们去吃饭吧", "今天天气很好\n")
