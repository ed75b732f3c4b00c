import json
import shutil

import pytest
import torch
from safetensors.torch import save_file

from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import CONFIG, VOCABULARY, WEIGHTS, Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build

WORDS = ["<pad>", "<unk>", "<dialog>", "<turn>", "我", " ", "#", "\u2028x", "火锅"]


@pytest.fixture(params=["rnn", "lstm", "gru"])
def saved(request, tmp_path):
    config = ModelConfig(len(WORDS), cell=request.param, layers=2, embedding_size=4, hidden_size=6)
    weights = build(config).state_dict()
    Checkpoint(config, WORDS, weights, "auto", {"sources": ["sample"]}).save(tmp_path)
    return tmp_path


def test_what_was_saved_is_loaded(saved):
    loaded = Checkpoint.load(saved)
    assert loaded.words == WORDS
    assert loaded.segmenter == "auto"
    assert loaded.data == {"sources": ["sample"]}
    build(loaded.config).load_state_dict(loaded.weights)
    assert sum(w.numel() for w in loaded.weights.values()) == loaded.config.parameters


def edit(folder, **changes):
    document = json.loads((folder / CONFIG).read_text("utf-8"))
    for path, value in changes.items():
        *parents, name = path.split("__")
        target = document
        for parent in parents:
            target = target[parent]
        if value is None:
            del target[name]
        else:
            target[name] = value
    (folder / CONFIG).write_text(json.dumps(document), "utf-8")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 2}, "has format 2, this seqchat reads format 1"),
        ({"format": None}, "not the configuration of a seqchat model"),
        ({"model__cell": "transformer"}, "one of rnn, lstm, gru"),
        ({"model__layers": 0}, "layers is a whole number"),
        ({"model__hidden_size": "6"}, "hidden_size is a whole number"),
        ({"model__objective": "guess"}, "one of next, infill, window"),
        ({"model__bidirectional": True}, "it would read the word it shall predict"),
        ({"model__window": 0}, "window is a whole number"),
        ({"model__extra": 1}, "unknown entries: extra"),
        ({"model__layers": None}, "lacks layers"),
        ({"model__layers": 3}, "does not fit"),
        ({"model__hidden_size": 7}, "does not fit"),
        ({"model__vocabulary_size": 8}, "knows 8 words, but its vocabulary.txt has 9"),
        ({"words": None}, "how text is cut"),
        ({"data": [1]}, "not an object"),
    ],
)
def test_a_configuration_that_does_not_fit_is_one_sentence(saved, change, says):
    edit(saved, **change)
    with pytest.raises(SeqchatError, match=says) as failure:
        Checkpoint.load(saved)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("name", [CONFIG, VOCABULARY, WEIGHTS])
def test_a_missing_file_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(SeqchatError, match=f"has no {name}"):
        Checkpoint.load(saved)


@pytest.mark.parametrize("name", [CONFIG, VOCABULARY, WEIGHTS])
@pytest.mark.parametrize("damage", [b"", b"\x80\x04nonsense", b"\xff" * 100])
def test_a_damaged_file_is_one_sentence(saved, name, damage):
    (saved / name).write_bytes(damage)
    with pytest.raises(SeqchatError):
        Checkpoint.load(saved)


def test_a_truncated_weights_file_is_refused(saved):
    whole = (saved / WEIGHTS).read_bytes()
    for length in (7, 8, 100, len(whole) // 2, len(whole) - 1):
        (saved / WEIGHTS).write_bytes(whole[:length])
        with pytest.raises(SeqchatError, match="damaged"):
            Checkpoint.load(saved)


def test_a_pickle_in_disguise_is_refused(saved):
    torch.save({"embedding.weight": torch.zeros(2)}, saved / WEIGHTS)
    with pytest.raises(SeqchatError, match="damaged"):
        Checkpoint.load(saved)


def test_weights_of_integers_are_refused(saved):
    weights = {n: w.to(torch.int8) for n, w in Checkpoint.load(saved).weights.items()}
    save_file(weights, saved / WEIGHTS)
    with pytest.raises(SeqchatError, match="of floats"):
        Checkpoint.load(saved)


def test_half_precision_comes_back_as_float32(saved):
    checkpoint = Checkpoint.load(saved)
    save_file({n: w.half() for n, w in checkpoint.weights.items()}, saved / WEIGHTS)
    assert all(w.dtype == torch.float32 for w in Checkpoint.load(saved).weights.values())


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(SeqchatError, match="no complete model"):
        Checkpoint.load(tmp_path)
    shutil.rmtree(tmp_path)
    with pytest.raises(SeqchatError):
        Checkpoint.load(tmp_path)
