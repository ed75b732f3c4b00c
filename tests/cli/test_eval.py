import json
import re
import shutil

import pytest
from click.testing import CliRunner

from seqchat.cli.eval import eval as evaluate
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.texts import held_out_rule, original_dialogs, read_texts
from seqchat.locations import SAMPLE_CORPUS


def run(*arguments):
    return CliRunner().invoke(evaluate, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def chats(tmp_path):
    """A file of chats, and one of another kind of text."""
    path = tmp_path / "chats.txt"
    path.write_text("你好，吃饭了吗？\n吃了，你呢？\n\n我们去吃火锅吧\n好的 <图片>\n", "utf-8")
    return path


def test_json_has_what_the_design_promises(models, chats):
    result = run(models["lstm"], chats, "--json", "--keystrokes", 20, "--by", "turn", "--by", "source")
    document = json.loads(result.stdout)
    promised = "words perplexity bits_per_character top1 top3 top5 mrr oov_rate keystroke_savings seconds"
    assert set(promised.split()) <= set(document)
    assert document["words"] > 10
    assert document["keystroke_characters"] == 20
    assert document["keystroke_savings"] <= document["keystroke_ceiling"] < 1
    assert document["typed"]["1"]["words"] > document["typed"]["2"]["words"]
    assert set(document["by"]) == {"turn", "source"}
    assert document["by"]["source"]["chats"]["words"] == document["words"]
    assert sum(group["words"] for group in document["by"]["turn"].values()) == document["words"]


def test_the_table_names_what_it_measures(models, chats):
    result = run(models["lstm"], chats, "--keystrokes", 10, "--by", "frequency")
    assert result.exit_code == 0
    for title in ("the next word", "… 2 characters typed", "bits per character", "keystroke savings", "1–100"):
        assert title in result.stdout
    assert "nan" not in result.stdout


@pytest.mark.slow
def test_parts_of_a_model_can_be_left_out(models):
    found = [
        json.loads(run(models["lstm"], "sample", "--json", "--keystrokes", 0, *flags).stdout)["perplexity"]
        for flags in ([], ["--no-memory"], ["--network-only"])
    ]
    assert len(set(found)) == 3
    assert found[0] < found[2]


@pytest.mark.slow
def test_light_products_give_what_those_in_float32_do(models):
    arguments = models["lstm"], "sample", "--keystrokes", 0
    fast, exact = (json.loads(run(*arguments, "--json", *flags).stdout) for flags in ([], ["--precision", "fp32"]))
    assert exact["precision"] == "fp32"
    assert fast["perplexity"] == pytest.approx(exact["perplexity"], rel=1e-3)
    for name in ("top1", "top3", "top5", "mrr"):
        assert fast[name] == pytest.approx(exact[name], abs=1e-3)
    assert "float32" in run(*arguments, "--precision", "fp32").stdout
    if fast["precision"] != "fp32":
        assert "perplexity within 0.1%, top-k the same for 99.9% of the words" in run(*arguments).stdout


def test_what_is_dropped_is_not_measured(models, chats):
    whole, less = (
        json.loads(run(models["lstm"], chats, "--json", "--keystrokes", 0, *flags).stdout)
        for flags in ([], ["--drop", "<图片>"])
    )
    assert less["words"] == whole["words"] - 4


@pytest.mark.slow
def test_only_the_dialogs_kept_for_testing(models):
    whole, kept = (
        json.loads(run(models["lstm"], "sample", "--json", "--keystrokes", 0, *flags).stdout)
        for flags in ([], ["--held-out"])
    )
    assert 0 < kept["dialogs"] < whole["dialogs"] * 0.05


def noticed(*arguments):
    """What is said beside the measures and what is read."""
    lines = run(*arguments, "--keystrokes", 0).stderr.splitlines()
    return [line for line in lines if not line.startswith("Reading")]


@pytest.mark.slow
def test_a_text_that_the_model_learned_from_is_noticed(models, chats):
    (line,) = noticed(models["lstm"], "sample", chats)
    assert line.startswith("lstm learned from a text named sample, so it looks better")
    assert "--held-out" in line
    assert noticed(models["lstm"], chats) == []
    assert noticed(models["lstm"], "sample", "--held-out") == []
    (line,) = noticed(models["lstm"], "sample", "--held-out", "--drop", "哈")
    assert "lstm was trained with no --drop" in line


def test_texts_of_which_nothing_was_kept_are_noticed(models, chats, tmp_path):
    lines = noticed(models["lstm"], "sample", chats, "--held-out")
    assert lines == [f"No dialog of {chats} was kept for testing"]
    sample = tmp_path / "mine.jsonl"
    sample.write_bytes(SAMPLE_CORPUS.read_bytes())
    (line,) = noticed(models["lstm"], sample, "--held-out")
    assert line.startswith("lstm names no mine.jsonl among the texts it learned from;")
    assert re.search(r"--held-out leaves \d of \d\d\d dialogs$", line)


def test_a_text_is_known_by_the_folder_or_the_pattern_that_was_learned_from(models, chats, tmp_path):
    for source in (chats.parent.name, "*.txt", chats.name):
        model = shutil.copytree(models["lstm"], tmp_path / "learned", dirs_exist_ok=True)
        config = json.loads((model / "config.json").read_text("utf-8"))
        config["data"]["sources"] = [source]
        (model / "config.json").write_text(json.dumps(config), "utf-8")
        assert any("learned from a text named chats.txt" in line for line in noticed(model, chats))


def test_texts_of_the_same_name_are_told_apart(models, chats, tmp_path):
    other = tmp_path / "other" / chats.name
    other.parent.mkdir()
    other.write_text("你好\n", "utf-8")
    sources = json.loads(run(models["lstm"], chats, other, "--json", "--by", "source").stdout)["by"]["source"]
    assert sorted(sources) == sorted([f"{chats.parent.name}/chats", "other/chats"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{lstm}", "nodata.txt"], r"There is no file or folder nodata\.txt"),
        (["{lstm}", "{chats}", "--held-out"], "None of these dialogs were held out"),
        (["nomodel", "sample"], "nomodel"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(models, chats, arguments, message):
    with pytest.raises(SeqchatError, match=message):
        run(*[a.format(lstm=models["lstm"], chats=chats) for a in arguments])


def test_wrong_usage_is_told(models):
    assert "Missing argument" in run(models["lstm"]).stderr
    result = run(models["lstm"], "sample", "--drop", "(")
    assert result.exit_code == 2
    assert "not a regular expression" in result.stderr


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"held_out": None},
        {"held_out": 1},
        {"held_out": {"last": "x", "tested": True}},
        {"held_out": {"last": -1, "tested": True}},
    ],
)
def test_a_model_that_does_not_say_what_it_held_out_is_refused(data):
    with pytest.raises(SeqchatError, match=r"held|kept"):
        held_out_rule(data)


def test_texts_come_back_as_they_were_written(tmp_path, chats):
    texts = read_texts([str(chats), "sample"], tmp_path / "work", segmenter="auto")
    dialogs = original_dialogs(texts, segmenter("auto"))
    assert len(dialogs) == sum(text.dialogs for text in texts)
    assert dialogs[0] == Dialog(("你好，吃饭了吗？", "吃了，你呢？"))
    assert dialogs[1] == Dialog(("我们去吃火锅吧", "好的 <图片>"))
    assert dialogs[len(dialogs) - 1].turns
