import json
from dataclasses import replace

import numpy as np
import pytest

from seqchat.completion.engine import Engine
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.vocabulary import DIALOG_ID, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import WEIGHTS
from seqchat.training.run import resume, train
from seqchat.training.task import Task

from ..conftest import QUICK, SHORT, TINY, Silent

pytestmark = pytest.mark.slow

FILES = {
    "config.json",
    "vocabulary.txt",
    "model.safetensors",
    "ngrams.safetensors",
    "training",
    "metrics.jsonl",
    "README.md",
}


class Stop:
    """Asks to stop after some calls."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_run_leaves_a_complete_checkpoint(models, cell):
    folder = models[cell]
    assert {p.name for p in folder.iterdir()} == FILES
    assert [p for p in folder.parent.iterdir() if p.name.startswith(".")] == []
    checkpoint = Checkpoint.load(folder)
    assert checkpoint.config.cell == cell
    assert checkpoint.data["sources"] == ["sample"]
    reports = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert reports[-1]["validation_perplexity"] < len(checkpoint.words)
    assert "perplexity" in (folder / "README.md").read_text("utf-8")


def test_training_learns(tmp_path):
    watcher = Silent()
    train(Task(["sample"], TINY), replace(QUICK, epochs=3), tmp_path / "m", watcher)
    first, *_, last = [r.quality for r in watcher.reports]
    assert last.perplexity < first.perplexity
    assert last.perplexity < 0.8 * perplexity_of_frequencies(tmp_path / "m")
    assert last.top5 > 0.2


def perplexity_of_frequencies(folder):
    """Return the perplexity on the validation text of how often each word occurs: what a network begins with."""
    train, validation = (IdStream.open(folder / "training" / part) for part in ("train", "validation"))
    counts = train.counts(len(Checkpoint.load(folder).words)) + 0.1
    targets = validation.ids[validation.ids != DIALOG_ID]
    return float(np.exp(-np.log(counts / counts.sum())[targets].mean()))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_same_seed_gives_the_same_checkpoint(tmp_path, models, cell):
    layers = Checkpoint.load(models[cell]).config.layers
    train(Task(["sample"], {"cell": cell, "layers": layers, **TINY}), QUICK, tmp_path / "again", Silent())
    for name in ("model.safetensors", "vocabulary.txt", "config.json"):
        assert (tmp_path / "again" / name).read_bytes() == (models[cell] / name).read_bytes(), name


def test_another_seed_gives_another(tmp_path):
    for seed in (1, 2):
        train(SHORT, replace(QUICK, seed=seed), tmp_path / str(seed), Silent())
    assert (tmp_path / "1" / WEIGHTS).read_bytes() != (tmp_path / "2" / WEIGHTS).read_bytes()


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(tmp_path, cell):
    task, settings = replace(SHORT, network={"cell": cell, **TINY}), replace(QUICK, epochs=2, eval_interval=3_000)
    whole = train(task, settings, tmp_path / "whole", Silent())
    part = train(task, settings, tmp_path / "part", Silent(), should_stop=Stop(40))
    assert part.outcome == "interrupted"
    rest = resume(tmp_path / "part", Silent())
    assert rest.outcome == whole.outcome == "finished"
    assert rest.tokens == whole.tokens
    last = Checkpoint.load(tmp_path / "part").weights
    assert all((w == last[n]).all() for n, w in Checkpoint.load(tmp_path / "whole").weights.items())


def test_early_stopping_keeps_the_best_weights(tmp_path):
    watcher = Silent()
    settings = replace(QUICK, epochs=40, learning_rate=0.05, patience=2, optimizer="adamw")
    result = train(SHORT, settings, tmp_path / "m", watcher)
    assert result.outcome == "stopped early"
    best = min(r.quality.perplexity for r in watcher.reports)
    assert result.quality.perplexity == pytest.approx(best, rel=0.01)
    assert [r.improved for r in watcher.reports[-2:]] == [False, False]


def test_a_time_limit_ends_the_run_with_a_model(tmp_path):
    result = train(SHORT, replace(QUICK, epochs=99, time_limit=1.0), tmp_path / "m", Silent())
    assert result.outcome == "time is up"
    Engine.load(tmp_path / "m")


def test_validation_dialogs_are_not_trained_on(tmp_path):
    held_out = tmp_path / "v.txt"
    held_out.write_text("我们去龘龘吃饭\n好的\n", "utf-8")
    train(replace(SHORT, validation=[str(held_out)]), QUICK, tmp_path / "m", Silent())
    checkpoint = Checkpoint.load(tmp_path / "m")
    assert "龘" not in checkpoint.words
    assert checkpoint.data["validation_dialogs"] == 1


def test_paths_of_this_machine_stay_out_of_the_checkpoint(tmp_path):
    (tmp_path / "mine.txt").write_text("你好\n在吗\n\n在的\n好\n", "utf-8")
    train(Task([str(tmp_path / "mine.txt")], TINY, min_count=1), QUICK, tmp_path / "m", Silent())
    assert str(tmp_path) not in (tmp_path / "m" / "config.json").read_text("utf-8")


def test_a_failed_run_leaves_nothing_behind(tmp_path):
    (tmp_path / "one.txt").write_text("你好\n", "utf-8")
    with pytest.raises(SeqchatError, match="single turn"):
        train(Task([str(tmp_path / "one.txt")], TINY), QUICK, tmp_path / "m", Silent())
    assert [p.name for p in tmp_path.iterdir()] == ["one.txt"]


def test_what_cannot_be_resumed_is_one_sentence(tmp_path, models):
    with pytest.raises(SeqchatError, match="nothing to resume"):
        resume(tmp_path, Silent())


@pytest.mark.real_data
def test_real_text_is_learned(tmp_path, real_data):
    task = Task([str(real_data / "kdconv.jsonl")], TINY, min_count=3)
    watcher = Silent()
    result = train(task, replace(QUICK, batch_size=32, time_limit=20), tmp_path / "m", watcher)
    checkpoint = Checkpoint.load(tmp_path / "m")
    assert isinstance(Engine.load(tmp_path / "m").vocabulary, Vocabulary)
    assert 700 < checkpoint.data["dialogs"] < 750
    assert result.quality.perplexity < 1_500


def _write_dialogs(path, count, line):
    turns = [{"dialog": [line.format(i), line.format(i + 1)]} for i in range(count)]
    path.write_text("\n".join(map(json.dumps, turns)), "utf-8")


def test_weights_say_how_often_a_source_is_read_and_what_is_measured_alone(tmp_path):
    _write_dialogs(tmp_path / "work.jsonl", 40, "the plan number {} is late")
    _write_dialogs(tmp_path / "news.jsonl", 400, "a storm of {} days came")
    task = Task(
        [str(tmp_path / "*.jsonl")],
        TINY,
        weights=["work=3", "news=0.25"],
        validation_share=0.2,
        max_validation=300,
        min_count=1,
    )
    train(task, QUICK, tmp_path / "m", Silent())
    checkpoint = Checkpoint.load(tmp_path / "m")
    vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
    counts = IdStream.open(tmp_path / "m" / "training" / "train").counts(len(vocabulary))
    plan, storm = (counts[vocabulary.encode_word(word)[0]] for word in ("plan", "storm"))
    assert plan % 3 == 0
    assert plan == pytest.approx(2 * 3 * 40 * 0.8, rel=0.2)
    assert storm == pytest.approx(2 * 0.25 * 400 * 0.8, rel=0.3)
    assert checkpoint.data["weights"] == ["work=3", "news=0.25"]
    assert checkpoint.data["validation_words"] <= 300
    report = json.loads((tmp_path / "m" / "metrics.jsonl").read_text().splitlines()[-1])
    assert set(report["sources"]) == {"work", "news"}
    assert report["sources"]["work"]["perplexity"] > 1


def test_a_weight_without_a_source_ends_the_run_before_anything_is_written(tmp_path):
    with pytest.raises(SeqchatError, match="matches no source"):
        train(Task(["sample"], TINY, weights=["news=2"]), QUICK, tmp_path / "m", Silent())
    assert not (tmp_path / "m").exists()


def test_a_folder_with_a_file_a_chat_is_validated_on_together(tmp_path):
    (tmp_path / "chats").mkdir()
    for number in range(70):
        _write_dialogs(tmp_path / "chats" / f"{number}.jsonl", 4, f"chat {number} says {{}}")
    task = Task([str(tmp_path / "chats")], TINY, validation_share=0.5, max_validation=300, min_count=1)
    watcher = Silent()
    train(task, QUICK, tmp_path / "m", watcher)
    assert all(len(report.sources) <= 1 for report in watcher.reports)
    assert Checkpoint.load(tmp_path / "m").data["validation_dialogs"] >= 30
