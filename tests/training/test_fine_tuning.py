"""Going on from a model: its words keep their ids, new ones begin from their characters, and it learns."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.splitting import HeldOut, hold_out
from seqchat.corpus.vocabulary import SPECIAL_WORDS, Vocabulary
from seqchat.corpus.words import GLUE, segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import MAX_NGRAM_MODELS
from seqchat.model.weights import save_weights
from seqchat.training.fine_tuning import Base, beginning, widened_weights
from seqchat.training.run import resume, train
from seqchat.training.task import Task

from ..conftest import QUICK, TINY, Silent

pytestmark = pytest.mark.slow

TUNED = replace(QUICK, epochs=4, learning_rate=5e-3, batch_size=4)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """A person's chat with words that the sample lacks."""
    rng = np.random.default_rng(0)
    subjects, things = ("小明", "阿黛", "zorblax"), ("饕餮盛宴", "量子纠缠", "grumpling")
    path = tmp_path_factory.mktemp("text") / "mine.jsonl"
    turns = [f"{rng.choice(subjects)} 今天又说 {rng.choice(things)} 了" for _ in range(300)]
    path.write_text("".join(json.dumps({"dialog": turns[i : i + 4]}) + "\n" for i in range(0, 300, 4)), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base") / "base"
    train(Task(["sample"], {"layers": 2, **TINY}, max_dialogs=90), QUICK, folder, Silent())
    return folder


@pytest.fixture(scope="module")
def tuned(base, text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuned") / "mine"
    watcher = Silent()
    train(Task([text], {}, base=str(base)), TUNED, folder, watcher, command="seqchat train …")
    return folder, watcher


def test_base_words_keep_their_ids_and_new_ones_follow(base, tuned):
    own, mine = Checkpoint.load(base), Checkpoint.load(tuned[0])
    assert mine.words[: len(own.words)] == own.words
    assert {"阿黛", "zorblax", "grumpling", "饕"} <= set(mine.words[len(own.words) :])
    assert replace(mine.config, vocabulary_size=1) == replace(own.config, vocabulary_size=1)
    assert mine.segmenter == own.segmenter
    said = mine.data["base"]
    assert (said["name"], said["words"], said["new_words"]) == (
        "base",
        len(own.words),
        len(mine.words) - len(own.words),
    )
    assert said["sources"] == ["sample"]
    assert mine.data["sources"] == ["mine.jsonl"]
    assert any("Going on from base" in message for message in tuned[1].messages)
    card = (tuned[0] / "README.md").read_text("utf-8")
    assert "goes on from base" in card
    assert "seqchat train …" in card


def test_it_has_learned_and_offers_the_new_words(base, tuned):
    assert tuned[1].reports[-1].quality.perplexity < 0.5 * tuned[1].reports[0].quality.perplexity
    words = [s.word for s in suggest(Engine.load(tuned[0]), "小明 今天又说 ", 5)]
    assert "grumpling" in words
    assert not {"grumpling"} & set(Engine.load(base).vocabulary.words)


def test_own_ngrams_stand_beside_those_of_the_base(base, tuned):
    before, mine = Checkpoint.load(base), Checkpoint.load(tuned[0])
    first, own = mine.mixture.parts
    contexts = first.ngrams.begin(1)
    known = first.ngrams.probabilities(contexts)[:, : len(before.words)]
    torch.testing.assert_close(known, before.mixture.parts[0].ngrams.probabilities(contexts), atol=1e-6, rtol=0.06)
    new = mine.words.index("grumpling")
    assert float(own.ngrams.unigrams[new]) > 0
    assert float(first.ngrams.unigrams[new]) == 0
    assert sum(own.weights) > 0.1


def test_last_months_model_goes_on_with_this_months_chat(tuned, text, tmp_path):
    """Also under its own name; the oldest n-grams stay, and there are never too many."""
    folder, parts = tuned[0], [Checkpoint.load(tuned[0]).mixture.parts[0].ngrams.entries]
    for month in range(3):
        out = tmp_path / f"m{month}"
        train(Task([text], {}, base=str(folder)), replace(QUICK, batch_size=4), out, Silent())
        folder = out
    mine = Checkpoint.load(folder)
    assert len(mine.mixture.parts) == MAX_NGRAM_MODELS
    assert mine.mixture.parts[0].ngrams.entries == parts[0]
    assert mine.data["base"]["sources"] == ["mine.jsonl", "mine.jsonl", "mine.jsonl", "sample"]
    assert mine.words == Checkpoint.load(tuned[0]).words
    train(Task([text], {}, base=str(folder)), QUICK, folder, Silent())
    assert len(Checkpoint.load(folder).mixture.parts) == MAX_NGRAM_MODELS


def test_a_new_word_begins_as_the_mean_of_its_characters():
    words = [*SPECIAL_WORDS, "我", "的", "火", "锅", "a", f"{GLUE}b"]
    vocabulary = Vocabulary(words, segmenter("unicode"))
    weights = {"embedding.weight": torch.randn(10, 3), "output_bias": torch.randn(10), "x": torch.ones(2)}
    counts = np.array([0, 0, 9, 9, 8, 4, 0, 0, 2, 1, 4, 1, 2])
    more = widened_weights(weights, vocabulary, [*words, "火锅", "ab", "饕"], counts)
    vectors = weights["embedding.weight"]
    assert torch.equal(more["embedding.weight"][:10], vectors)
    torch.testing.assert_close(more["embedding.weight"][10], (vectors[6] + vectors[7]) / 2)
    torch.testing.assert_close(more["embedding.weight"][11], (vectors[8] + vectors[9]) / 2)
    torch.testing.assert_close(more["embedding.weight"][12], vectors[4:].mean(dim=0))
    assert torch.equal(more["output_bias"][:10], weights["output_bias"])
    assert float(more["output_bias"][10] - more["output_bias"][11]) == pytest.approx(np.log(4), abs=1e-5)
    assert torch.equal(more["x"], weights["x"])


def test_characters_come_before_words_where_there_is_room_for_few(base):
    vocabulary = Base.load(str(base)).vocabulary
    counts = Counter({"饕餮": 9, "阿黛": 5, "zorblax": 3, "once": 1})
    assert vocabulary.extended(counts, vocabulary.segmenter, min_count=2, max_new=0).words == vocabulary.words
    few = vocabulary.extended(counts, vocabulary.segmenter, min_count=2, max_new=2).words[len(vocabulary) :]
    assert all(len(word.removeprefix(GLUE)) == 1 for word in few)
    new = vocabulary.extended(counts, vocabulary.segmenter, min_count=2, max_new=99).words[len(vocabulary) :]
    assert {"饕餮", "阿黛", "zorblax", "饕", "餮"} <= set(new)
    assert "once" not in new


def test_a_list_of_words_is_added_to_those_of_the_base(base, text, tmp_path):
    folder, words = base, ("饕餮盛宴", "量子纠缠")
    for number, word in enumerate(words):
        (tmp_path / "words.txt").write_text(f"{word}\n", "utf-8")
        task = Task([text], {}, base=str(folder), lexicon=str(tmp_path / "words.txt"))
        folder = tmp_path / f"m{number}"
        train(task, QUICK, folder, Silent())
    mine = EvaluatedModel.load(folder)
    assert set(words) <= set(mine.vocabulary.segmenter.split("饕餮盛宴量子纠缠"))
    assert set(words) <= set(mine.vocabulary.words)


def test_what_the_base_had_held_out_stays_so():
    digests = np.random.default_rng(0).integers(0, 2**63, 200, dtype=np.uint64) * np.uint64(2)
    before = hold_out(digests[:100], 0.1)
    grown = hold_out(digests, 0.05, before)
    assert grown.last == before.last
    assert grown.held_out_mask(digests[:100]).sum() == 10
    # A rule that fits another text badly is not taken over.
    assert hold_out(digests, 0.05, HeldOut(2**64 - 1, True)) == hold_out(digests, 0.05)
    assert hold_out(digests, 0.05, HeldOut(0, True)) == hold_out(digests, 0.05)


@pytest.mark.parametrize("objective", ["infill", "window"])
def test_models_of_every_objective_go_on(text, tmp_path, objective):
    shape = {"objective": objective, **TINY}
    train(Task([text], shape), QUICK, tmp_path / "base", Silent())
    other = tmp_path / "other.txt"
    other.write_text("\n\n".join(f"今天吃螃蟹 {i % 7}\n好吃吗 {i % 5}" for i in range(60)), "utf-8")
    train(Task([str(other)], {}, base=str(tmp_path / "base")), QUICK, tmp_path / "mine", Silent())
    mine = EvaluatedModel.load(tmp_path / "mine")
    assert mine.checkpoint.config.objective == objective
    assert "蟹" in mine.vocabulary
    assert (mine.checkpoint.mixture is None) == (objective == "window")


def drift(folder):
    """How far a model is from where it began, on the first dialogs of its text: KL in nats a token."""
    checkpoint = Checkpoint.load(folder)
    mine = EvaluatedModel.of("mine", checkpoint).network
    began = beginning(folder, checkpoint.config)
    ids = torch.from_numpy(np.fromfile(folder / "training" / "train" / "ids.bin", dtype=np.int32)[:200]).long()[:, None]
    with torch.inference_mode():
        rows = [
            n.logits(n(ids[:-1], n.initial_state(1), ids[1:]).heads["forward"]).log_softmax(-1) for n in (began, mine)
        ]
    return float((rows[0].exp() * (rows[0] - rows[1])).sum(-1).mean())


def test_replay_keeps_a_model_near_where_it_began(base, text, tmp_path):
    drifts = []
    for share in (0.01, 0.9):
        folder = tmp_path / f"{share}"
        settings = replace(TUNED, replay=share)
        train(Task([text], {}, base=str(base)), settings, folder, Silent())
        drifts.append(drift(folder))
    assert drifts[1] < 0.5 * drifts[0]


def test_a_run_with_replay_can_be_resumed(base, text, tmp_path):
    task, settings = Task([text], {}, base=str(base)), replace(TUNED, replay=0.5, ngrams=0)
    train(task, settings, tmp_path / "whole", Silent())
    left = iter([False] * 9 + [True] * 99)
    train(task, settings, tmp_path / "parts", Silent(), should_stop=lambda: next(left))
    assert resume(tmp_path / "parts", Silent()).outcome == "finished"
    files = [tmp_path / name / "model.safetensors" for name in ("whole", "parts")]
    assert files[0].read_bytes() == files[1].read_bytes()
    # Without n-grams of the person's, those of the base remain, once.
    assert len(Checkpoint.load(tmp_path / "parts").mixture.parts) == 1
    path = tmp_path / "parts" / "training" / "base" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SeqchatError, match="is damaged"):
        resume(tmp_path / "parts", Silent(), changes={"epochs": 9})


def test_a_base_that_is_damaged_or_missing_is_one_sentence(base, text, tmp_path):
    save_weights(tmp_path, {"x": torch.ones(1)})
    with pytest.raises(SeqchatError, match="There is no model"):
        train(Task([text], {}, base="nothing"), QUICK, tmp_path / "mine", Silent())
    with pytest.raises(SeqchatError, match="not a complete model"):
        train(Task([text], {}, base=str(tmp_path)), QUICK, tmp_path / "mine", Silent())
    assert not (tmp_path / "mine").exists()
