import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.folder import CONFIG, NGRAMS, VOCABULARY, WEIGHTS
from seqchat.model.kneser_ney import estimate
from seqchat.model.network import build
from seqchat.model.ngrams import Mixture, WeightedNgrams
from seqchat.model.weights import compact

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
        ({"format": 3}, "has format 3, and this seqchat reads formats 1 to 2"),
        ({"format": None}, "not the configuration of a seqchat model"),
        ({"model__cell": "transformer"}, "one of rnn, lstm, gru"),
        ({"model__layers": 0}, "layers must be a whole number"),
        ({"model__hidden_size": "6"}, "hidden_size must be a whole number"),
        ({"model__objective": "guess"}, "one of next, infill, window"),
        ({"model__bidirectional": True}, "it would read the word that it should predict"),
        ({"model__window": 0}, "window must be a whole number"),
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
    weights = Checkpoint.load(saved).weights
    save_file({**weights, "output_bias": weights["output_bias"].to(torch.int8)}, saved / WEIGHTS)
    with pytest.raises(SeqchatError, match="of floats"):
        Checkpoint.load(saved)
    save_file({**weights, "embedding.weight": weights["embedding.weight"].to(torch.int8)}, saved / WEIGHTS)
    with pytest.raises(SeqchatError, match=r"embedding\.scale is missing"):
        Checkpoint.load(saved)


def test_compact_weights_come_back_nearly_the_same(saved):
    weights = Checkpoint.load(saved).weights
    save_file(compact(weights), saved / WEIGHTS)
    back = Checkpoint.load(saved).weights
    assert back.keys() == weights.keys()
    for name, weight in weights.items():
        step = weight.abs().amax(dim=-1, keepdim=True) / 127 if name == "embedding.weight" else weight.abs() * 2e-3
        assert ((back[name] - weight).abs() <= step * 0.51 + 1e-6).all()
    again = compact(back)
    assert all((again[name] == tensor).all() for name, tensor in compact(weights).items() if name != "embedding.scale")


def test_weights_that_are_no_numbers_are_refused(saved):
    weights = Checkpoint.load(saved).weights
    weights["output_bias"][2] = torch.nan
    save_file(dict(weights), saved / WEIGHTS)
    with pytest.raises(SeqchatError, match="output_bias has values that are not numbers"):
        Checkpoint.load(saved)


def with_ngrams(saved):
    ids = np.array([2, 4, 8, 3, 4, 5, 8, 3, 2, 4, 8, 8, 3], dtype=np.int32)
    ngrams = estimate(ids, np.array([0, 8, 13]), len(WORDS), 3)
    checkpoint = replace(Checkpoint.load(saved), mixture=Mixture.of(ngrams, (0.1, 0.2, 0.3)))
    checkpoint.save(saved)
    return ngrams


def test_ngrams_come_back(saved):
    ngrams = with_ngrams(saved)
    mixture = Checkpoint.load(saved).mixture
    assert mixture.parts[0].weights == (0.1, 0.2, 0.3)
    contexts = ngrams.advance(ngrams.begin(2), np.array([2, 4]))
    assert torch.allclose(
        mixture.parts[0].ngrams.probabilities(contexts), ngrams.stored().probabilities(contexts), rtol=0, atol=1e-7
    )


def test_a_model_without_the_ngrams_that_it_names_is_refused(saved):
    with_ngrams(saved)
    (saved / NGRAMS).unlink()
    with pytest.raises(SeqchatError, match=r"it has no ngrams\.safetensors"):
        Checkpoint.load(saved)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("unigrams", lambda t: t[:-1], "not 9 single words"),
        ("unigrams", lambda t: t * torch.nan, "no probabilities"),
        ("2.words", lambda t: torch.full_like(t, 200), "not in order"),
        ("2.words", lambda t: t.int().flip(0), "not in order"),
        ("2.children", lambda t: torch.full_like(t, 1), "not in order"),
        ("3.children", lambda t: t[:-1], "do not fit those of length 2"),
        ("3.shares", lambda t: t.float(), "do not fit"),
        ("3.words", lambda t: t.float(), "not whole numbers"),
        ("3.words", None, "not those of an n-gram model"),
    ],
)
def test_damaged_ngrams_are_refused(saved, name, change, message):
    with_ngrams(saved)
    tensors = load_file(saved / NGRAMS)
    tensors.pop(name) if change is None else tensors.update({name: change(tensors[name]).contiguous()})
    save_file(tensors, saved / NGRAMS)
    with pytest.raises(SeqchatError, match=message):
        Checkpoint.load(saved)


@pytest.mark.parametrize("weights", [[0.1], [0.1, 0.2, 1.0], [0.1, 0.2, "x"], [0.1, 0.2, True], 3, {"a": 1}])
def test_wrong_weights_of_ngrams_are_refused(saved, weights):
    with_ngrams(saved)
    document = json.loads((saved / CONFIG).read_text("utf-8"))
    document["mixture"] = {"weights": weights}
    (saved / CONFIG).write_text(json.dumps(document), "utf-8")
    with pytest.raises(SeqchatError, match="weight"):
        Checkpoint.load(saved)


def with_added_ngrams(saved):
    first = with_ngrams(saved)
    ids = np.array([2, 5, 6, 3, 2, 5, 7, 3], dtype=np.int32)
    added = WeightedNgrams(estimate(ids, np.array([0, 4, 8]), len(WORDS), 2), (0.4, 0.5))
    checkpoint = Checkpoint.load(saved)
    replace(checkpoint, mixture=Mixture((*checkpoint.mixture.parts, added))).save(saved)
    return first, added


def test_ngrams_that_were_added_come_back_after_the_others(saved):
    first, added = with_added_ngrams(saved)
    mixture = Checkpoint.load(saved).mixture
    assert [part.weights for part in mixture.parts] == [(0.1, 0.2, 0.3), (0.4, 0.5)]
    expected = Mixture((replace(mixture.parts[0], ngrams=first.stored()), replace(added, ngrams=added.ngrams.stored())))
    contexts = mixture.advance(mixture.begin(2), np.array([2, 5]))
    network = torch.full((2, len(WORDS)), 1 / len(WORDS))
    assert torch.allclose(mixture.mixed(network, contexts), expected.mixed(network, contexts), atol=1e-7)


@pytest.mark.parametrize(
    ("added", "message"),
    [
        (3, "that were added are not lists"),
        ([3], "that were added are not lists"),
        ([[0.4]], "of order 2 has as many weights"),
        ([[0.4, 1.5]], "less than 1, not 1.5"),
        ([[0.4, 0.5]] * 4, "more than 4 n-gram models"),
        ([[0.4, 0.5]] * 2, r"has no ngrams-3\.safetensors"),
    ],
)
def test_wrong_weights_of_added_ngrams_are_refused(saved, added, message):
    with_added_ngrams(saved)
    document = json.loads((saved / CONFIG).read_text("utf-8"))
    document["mixture"]["added"] = added
    (saved / CONFIG).write_text(json.dumps(document), "utf-8")
    with pytest.raises(SeqchatError, match=message):
        Checkpoint.load(saved)


def test_added_ngrams_that_are_damaged_or_missing_are_refused(saved):
    with_added_ngrams(saved)
    path = saved / "ngrams-2.safetensors"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(SeqchatError, match="damaged"):
        Checkpoint.load(saved)
    path.unlink()
    with pytest.raises(SeqchatError, match=r"has no ngrams-2\.safetensors"):
        Checkpoint.load(saved)


def test_half_precision_comes_back_as_float32(saved):
    checkpoint = Checkpoint.load(saved)
    save_file({n: w.half() for n, w in checkpoint.weights.items()}, saved / WEIGHTS)
    assert all(w.dtype == torch.float32 for w in Checkpoint.load(saved).weights.values())


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(SeqchatError, match="not a complete model"):
        Checkpoint.load(tmp_path)
    shutil.rmtree(tmp_path)
    with pytest.raises(SeqchatError):
        Checkpoint.load(tmp_path)
