import shutil
from pathlib import Path

import pytest

from seqchat import locations
from seqchat.errors import SeqchatError
from seqchat.model.model_registry import DEFAULT_MODEL, damaged, find, installed


def test_the_shipped_model_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find(DEFAULT_MODEL).is_dir()
    assert DEFAULT_MODEL in [m.name for m in installed()]


def test_a_model_of_this_folder_comes_before_the_users_and_the_shipped(tmp_path, monkeypatch, models):
    monkeypatch.chdir(tmp_path)
    own = locations.user_checkpoints() / DEFAULT_MODEL
    shutil.copytree(models["gru"], own)
    try:
        assert find(DEFAULT_MODEL) == own
        shutil.copytree(models["rnn"], tmp_path / "checkpoints" / DEFAULT_MODEL)
        assert find(DEFAULT_MODEL) == Path("checkpoints") / DEFAULT_MODEL
        (listed,) = [m for m in installed() if m.name == DEFAULT_MODEL]
        assert listed.config.cell == "rnn"
    finally:
        shutil.rmtree(own)


def test_a_path_is_a_name_too(models):
    assert find(str(models["lstm"])) == models["lstm"]


@pytest.mark.parametrize("name", ["nothing", "../checkpoints/lstm-chat/..", "/nowhere/at/all", "lstm-chat/config.json"])
def test_what_is_not_there_is_said_with_what_is(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SeqchatError, match=f"one of these names: .*{DEFAULT_MODEL}"):
        find(name)


def test_a_name_with_a_slip_is_guessed():
    with pytest.raises(SeqchatError, match=r"'lstm-caht'\. Did you mean lstm-chat\?"):
        find("lstm-caht")
    with pytest.raises(SeqchatError) as far:
        find("nothing at all")
    assert "Did you mean" not in str(far.value)


def test_damaged_models_are_told_with_what_is_wrong(tmp_path, monkeypatch, models):
    monkeypatch.chdir(tmp_path)
    for name in ("good", "cut", "unread", "without", "newer", "foreign", "odd"):
        shutil.copytree(models["rnn"], Path("checkpoints") / name)
    weights = Path("checkpoints/cut/model.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    Path("checkpoints/unread/config.json").write_text("{", "utf-8")
    Path("checkpoints/without/vocabulary.txt").unlink()
    newer = Path("checkpoints/newer/config.json")
    newer.write_text(newer.read_text("utf-8").replace('"format": 2', '"format": 3'), "utf-8")
    Path("checkpoints/foreign/config.json").write_text('{"model_type": "bert"}', "utf-8")
    odd = Path("checkpoints/odd/config.json")
    odd.write_text(odd.read_text("utf-8").replace('"cell": "rnn"', '"cell": "cnn"'), "utf-8")
    shutil.copytree(locations.shipped_checkpoints() / DEFAULT_MODEL, "checkpoints/counts")
    Path("checkpoints/counts/ngrams.safetensors").unlink()
    assert damaged() == {
        Path("checkpoints/counts"): "it has no ngrams.safetensors",
        Path("checkpoints/cut"): "its model.safetensors is damaged",
        Path("checkpoints/newer"): "its format is not one that this seqchat reads (1 to 2)",
        Path("checkpoints/odd"): "its config.json is damaged",
        Path("checkpoints/unread"): "its config.json cannot be read",
        Path("checkpoints/without"): "it has no vocabulary.txt",
    }


def test_folders_that_are_no_models_are_passed_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in (("empty", None), ("broken", "{"), ("other", '{"model": {"cell": "cnn"}}')):
        (tmp_path / "checkpoints" / name).mkdir(parents=True)
        if content:
            (tmp_path / "checkpoints" / name / "config.json").write_text(content)
    assert {"empty", "broken", "other"}.isdisjoint(m.name for m in installed())
