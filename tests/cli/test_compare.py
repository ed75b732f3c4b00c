import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from seqchat.cli import cli
from seqchat.cli.compare import _LINES, _differences, _table
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.splitting import HeldOut, digest
from seqchat.errors import SeqchatError
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.model.checkpoint import Checkpoint
from seqchat.training import comparison
from seqchat.training.baselines import train_textbook
from seqchat.training.compared_model import ComparedModel

from ..conftest import QUICK, Silent

pytestmark = pytest.mark.slow

DIALOGS = list(read_dialogs(["sample"]))
DIGESTS = np.array([digest(dialog) for dialog in DIALOGS], dtype=np.uint64)


def compare(*arguments):
    return CliRunner().invoke(cli, ["compare", *map(str, arguments)], catch_exceptions=False)


def compared(*arguments) -> list[dict]:
    return json.loads(compare(*arguments, "--json").stdout)["models"]


def evaluated(*arguments) -> dict:
    return json.loads(CliRunner().invoke(cli, ["eval", *map(str, arguments), "--json"]).stdout)


def write(path: Path, dialogs: list[Dialog]) -> Path:
    path.write_text("".join(json.dumps({"dialog": dialog.turns}) + "\n" for dialog in dialogs), "utf-8")
    return path


@pytest.fixture(scope="module")
def chat(tmp_path_factory) -> Path:
    """A short text."""
    return write(tmp_path_factory.mktemp("chat") / "chat.jsonl", DIALOGS[:6])


def copy_with(folder: Path, model: Path, **data) -> Path:
    """Copy a model, with other entries about its data."""
    shutil.copytree(model, folder, ignore=shutil.ignore_patterns("training"))
    checkpoint = Checkpoint.load(folder)
    replace(checkpoint, data={**checkpoint.data, **data}).save_config(folder)
    return folder


@pytest.mark.parametrize("kind", ["int8", "int8+bf16", "fp32"])
def test_the_precision_of_the_products_is_said(models, chat, monkeypatch, kind):
    """As `eval` says it, whether this processor has such products or not."""
    monkeypatch.setattr(EvaluatedModel, "products", kind)
    said = compare(models["lstm"], "--data", chat, "--keystrokes", 0).stdout
    (line,) = (line for line in said.splitlines() if line.startswith("products"))
    assert line.split() == ["products", kind]
    assert ("perplexity within 0.1%" in said) == (kind != "fp32")


def test_products_can_be_those_of_float32(models, chat):
    (exact,) = compared(models["lstm"], "--data", chat, "--keystrokes", 0, "--precision", "fp32")
    assert exact["precision"] == "fp32"


@pytest.mark.parametrize("options", [(), ("--network-only",)])
def test_the_measures_are_those_of_eval(models, chat, options):
    rows = compared(models["lstm"], models["gru"], "--data", chat, "--keystrokes", 40, *options)
    assert [row["name"] for row in rows] == ["lstm", "gru"]
    for row in rows:
        alone = evaluated(models[row["name"]], chat, "--keystrokes", 40, *options)
        names = ("words", "dialogs", "bits_per_character", "perplexity", "top1", "top3", "top5", "mrr", "oov_rate")
        assert {name: row[name] for name in names} == pytest.approx({name: alone[name] for name in names})
        for name in ("keystroke_savings", "keystroke_ceiling", "keystroke_characters"):
            assert row[name] == alone[name]
        assert row["keystroke_characters"] == 40
        assert row["keystroke_ms"] > 0
        assert bool(row["ngrams"]) == (not options)


def test_size_and_training_are_those_of_the_files(models, chat):
    (row,) = compared(models["gru"], "--data", chat, "--keystrokes", 0)
    folder, checkpoint = models["gru"], Checkpoint.load(models["gru"])
    files = ("config.json", "vocabulary.txt", "model.safetensors", "ngrams.safetensors")
    size = sum((folder / name).stat().st_size for name in files if (folder / name).exists())
    assert row["megabytes"] == pytest.approx(size / 1e6, abs=1e-3)
    assert row["parameters"] == checkpoint.config.parameters
    assert row["ngrams"] == (checkpoint.mixture.entries if checkpoint.mixture else 0)
    reports = (folder / "metrics.jsonl").read_text().splitlines()
    assert row["training_seconds"] == pytest.approx(json.loads(reports[-1])["seconds"], abs=1e-3)
    assert row["keystroke_savings"] is row["keystroke_ms"] is None


def test_what_is_not_known_is_left_out(models, chat, tmp_path):
    quiet = copy_with(tmp_path / "quiet", models["rnn"])
    (quiet / "metrics.jsonl").unlink()
    assert ComparedModel.load(quiet).training_seconds is None
    done = compare(quiet, "--data", chat, "--keystrokes", 0)
    assert done.exit_code == 0
    assert "perplexity" in done.stdout
    assert "training" not in done.stdout
    assert "keystroke" not in done.stdout


def test_held_out_dialogs_are_those_that_all_models_have_kept(models, tmp_path):
    rule = HeldOut(**Checkpoint.load(models["gru"]).data["held_out"])
    assert rule.tested
    kept = DIGESTS[rule.test_mask(DIGESTS)]
    (row,) = compared(models["gru"], "--data", "sample", "--held-out", "--keystrokes", 0)
    assert row["dialogs"] == len(kept) > 1
    fewer = {"last": int(np.sort(kept)[0]), "tested": True}
    other = copy_with(tmp_path / "other", models["lstm"], held_out=fewer)
    rows = compared(models["gru"], other, "--data", "sample", "--held-out", "--keystrokes", 0)
    assert [row["dialogs"] for row in rows] == [1, 1]


def test_text_that_is_read_in_another_way_than_in_training_is_noticed(models, tmp_path):
    dropping = copy_with(tmp_path / "dropping", models["gru"], drop=["<media>", "[0-9]+"])
    odd = copy_with(tmp_path / "odd", models["rnn"], drop=5)
    arguments = (dropping, models["lstm"], odd, "--data", "sample", "--held-out", "--keystrokes", 0)
    notices = [line for line in compare(*arguments).stderr.splitlines() if "was trained with" in line]
    (notice,) = notices
    assert notice.startswith("dropping was trained with --drop '<media>' --drop '[0-9]+',")
    same = compare(*arguments, "--drop", "<media>", "--drop", "[0-9]+").stderr
    assert "dropping was trained" not in same
    assert "lstm was trained with no --drop" in same


def test_what_the_models_know_of_the_texts_is_noticed(models, tmp_path):
    chats = tmp_path / "chats.txt"
    chats.write_text("你好\n吃饭了吗？\n", "utf-8")
    arguments = (models["gru"], models["lstm"], "--data", "sample", "--data", chats, "--keystrokes", 0)
    told = [line for line in compare(*arguments).stderr.splitlines() if "learned from a text" in line]
    assert [line.split()[0] for line in told] == ["gru", "lstm"]
    stderr = compare(*arguments, "--held-out", "--by", "source").stderr
    assert f"No dialog of {chats} was kept for testing" in stderr
    assert "learned from a text" not in stderr


@pytest.fixture
def quick_textbook(monkeypatch) -> dict[str, IdStream]:
    """Let the textbook's network learn for a moment; keep what it learns from."""
    seen: dict[str, IdStream] = {}

    def train(learned, validation, vocabulary, watcher):
        seen.update(learned=learned, validation=validation)
        return train_textbook(learned, validation, vocabulary, watcher, replace(QUICK, epochs=1))

    monkeypatch.setattr(comparison, "train_textbook", train)
    return seen


def test_baselines_learn_what_the_model_has_learned(models, quick_textbook):
    data = Checkpoint.load(models["gru"]).data
    rule = HeldOut(**data["held_out"])
    rows = compared(models["gru"], "--data", "sample", "--baselines", "--keystrokes", 60)
    assert [row["name"] for row in rows] == ["gru", "5-gram", "textbook"]
    learned, validation = quick_textbook["learned"], quick_textbook["validation"]
    assert (learned.dialogs, learned.words) == (data["dialogs"], data["words"])
    assert (validation.dialogs, validation.words) == (data["validation_dialogs"], data["validation_words"])
    assert validation.dialogs == rule.validation_mask(DIGESTS).sum()
    model, ngrams, textbook = rows
    for row in rows:
        assert row["dialogs"] == rule.test_mask(DIGESTS).sum()
        assert row["oov_rate"] == model["oov_rate"]
        assert row["keystroke_characters"] == 60
        assert row["keystroke_ceiling"] == model["keystroke_ceiling"]
        assert row["training_seconds"] > 0
        assert row["megabytes"] > 0.01
        assert 1 < row["perplexity"] < 1_500
    assert (ngrams["parameters"], ngrams["cell"]) == (0, None)
    assert ngrams["ngrams"] > 10_000
    assert textbook["parameters"] > 100_000
    assert textbook["ngrams"] == 0


def test_other_texts_than_those_of_the_training_are_noticed(models, tmp_path, quick_textbook):
    rule = HeldOut(**Checkpoint.load(models["gru"]).data["held_out"])
    parts = [~rule.held_out_mask(DIGESTS), rule.validation_mask(DIGESTS), rule.test_mask(DIGESTS)]
    some = write(tmp_path / "some.jsonl", [DIALOGS[int(np.flatnonzero(part)[0])] for part in parts])
    done = compare(models["gru"], "--data", some, "--baselines", "--keystrokes", 0)
    assert done.exit_code == 0
    assert "the baselines from 1\n" in done.stderr
    learned, validation = quick_textbook["learned"], quick_textbook["validation"]
    assert (learned.dialogs, validation.dialogs) == (1, 1)


@pytest.mark.parametrize("option", ["--held-out", "--baselines"])
def test_a_model_that_does_not_say_what_it_held_out(models, chat, tmp_path, option):
    silent = copy_with(tmp_path / "silent", models["gru"], held_out=None)
    with pytest.raises(SeqchatError, match=r"^silent: The model's training kept no dialog"):
        compare(models["lstm"], silent, "--data", chat, option)


def test_texts_without_a_held_out_dialog(models, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("\n\n".join(f"你好{i}\n在" for i in range(3)), "utf-8")
    none = copy_with(tmp_path / "none", models["gru"], held_out={"last": 1, "tested": True})
    with pytest.raises(SeqchatError, match="no dialog that the training of every model has kept"):
        compare(none, "--data", other, "--held-out")


@pytest.mark.parametrize("last", [1, (1 << 64) - 1])
def test_baselines_need_something_to_learn_from_and_to_validate_on(models, chat, tmp_path, last):
    model = copy_with(tmp_path / "m", models["gru"], held_out={"last": last, "tested": True})
    first = ComparedModel.load(model)
    texts = comparison.ComparisonTexts.read([str(chat)], [first], tmp_path, Silent())
    with pytest.raises(SeqchatError, match="need dialogs to learn from"):
        comparison.train_baselines(texts, first, tmp_path, Silent())


def test_wrong_usage(models, chat):
    assert compare("--data", chat).exit_code == 2
    assert compare(models["gru"]).exit_code == 2
    with pytest.raises(SeqchatError, match="There is no model 'nobody'"):
        compare("nobody", "--data", chat)


# --- the table ---------------------------------------------------------------------------------------------------


def row(name: str, **values) -> dict:
    unknown = dict.fromkeys(line.name for line in _LINES)
    return {
        "name": name,
        **unknown,
        "ngrams": 0,
        "words": 1234,
        "dialogs": 5,
        "keystroke_characters": 0,
        "sources": {},
        **values,
    }


def lines_of(table: str) -> dict[str, list[str]]:
    lines = table.splitlines()
    return {line[:18].strip(): line[18:].split() for line in lines[: lines.index("")]}


def test_the_best_is_marked():
    rows = [
        row("a", perplexity=40.04, top1=0.3, keystroke_ms=2.0, megabytes=1.0, training_seconds=None),
        row("b", perplexity=39.96, top1=0.4, keystroke_ms=3.0, megabytes=1.0, training_seconds=90.0),
        row("c", perplexity=50.0, top1=0.4, keystroke_ms=None, megabytes=1.0, training_seconds=7_200.0),
    ]
    lines = lines_of(_table(rows, []))
    assert lines["perplexity"] == ["40.0*", "40.0*", "50.0"]
    assert lines["top-1"] == ["30.0%", "40.0%*", "40.0%*"]
    assert lines["milliseconds a key"] == ["2.0*", "3.0", "–"]
    assert lines["megabytes"] == ["1.0", "1.0", "1.0"]
    assert lines["training"] == ["–", "90", "s", "2.0", "h"]
    assert "n-grams" not in lines
    assert "top-5" not in lines
    assert "1,234 words in 5 dialogs; * the best." in _table(rows, [])


def test_each_source_has_lines_of_its_own():
    rows = [
        row("a", perplexity=40.0, sources={"x": {"words": 3, "perplexity": 5.0}, "y\x1b": {"words": 4, "top1": 0.5}}),
        row("b", perplexity=30.0, sources={"x": {"words": 3, "perplexity": 6.0}, "y\x1b": {"words": 4, "top1": 0.5}}),
    ]
    lines = [line.split() for line in _table(rows, []).splitlines()]
    assert lines[1:6] == [
        ["perplexity", "40.0", "30.0*"],
        [],
        ["x,", "3", "words"],
        ["perplexity", "5.0*", "6.0"],
        [],
    ]
    assert lines[6:8] == [["y,", "4", "words"], ["top-1", "50.0%", "50.0%"]]


def test_the_sources_are_measured_alone(models, chat, tmp_path):
    other = write(tmp_path / "other.jsonl", DIALOGS[6:9])
    (whole,) = compared(models["lstm"], "--data", chat, "--data", other, "--by", "source", "--keystrokes", 0)
    for path in (chat, other):
        alone = evaluated(models["lstm"], path, "--keystrokes", 0)
        found = whole["sources"][path.stem]
        assert found == pytest.approx({name: alone[name] for name in found})
    assert compared(models["lstm"], "--data", chat, "--keystrokes", 0)[0]["sources"] == {}


def test_what_does_not_compare_is_not_marked_and_said(models):
    rows = [
        row("a", perplexity=40.0, top1=0.3, bits_per_character=3.0),
        row("b", perplexity=30.0, top1=0.4, bits_per_character=3.1),
    ]
    words, segmenter = _table(rows, ["words"]), _table(rows, ["segmenter", "words"])
    assert "different vocabularies" in words
    assert "not perplexities and top-k" in segmenter
    for table in (words, segmenter):
        assert lines_of(table)["perplexity"] == ["40.0", "30.0"]
        assert lines_of(table)["bits per character"] == ["3.000*", "3.100"]
    assert lines_of(words)["top-1"] == ["30.0%", "40.0%*"]
    assert lines_of(segmenter)["top-1"] == ["30.0%", "40.0%"]

    first = ComparedModel.load(models["gru"])

    def other(**changes) -> ComparedModel:
        model: EvaluatedModel = replace(first.model, checkpoint=replace(first.model.checkpoint, **changes))
        return replace(first, model=model)

    assert _differences([first, first]) == []
    assert _differences([first, other(words=first.model.checkpoint.words[::-1])]) == ["words"]
    assert _differences([first, other(segmenter="whitespace")]) == ["segmenter", "words"]


def test_a_name_cannot_break_the_table():
    assert "\x1b" not in _table([row("evil\x1b[31m", perplexity=1.0)], [])
