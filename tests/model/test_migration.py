"""A model of format 1, made here by taking today's names back, must load and resume as if nothing had been renamed."""

import json
import shutil

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import CONFIG, FORMAT, TRAINING
from seqchat.model.migration import (
    CACHE_FIELDS,
    CONFIG_ENTRIES,
    TRAINING_SETTINGS,
    check_format,
    upgraded_config,
)
from seqchat.training.run import resume
from seqchat.training.snapshot import STATE

from ..conftest import Silent


def with_old_names(values, names):
    old = {new: before for before, new in names.items()}
    return {old.get(name, name): value for name, value in values.items()}


def make_old(folder):
    """Give a model the names of format 1."""
    document = json.loads((folder / CONFIG).read_text("utf-8"))
    document = with_old_names(document, CONFIG_ENTRIES)
    document |= {"format": 1, "adaptation": with_old_names(document["adaptation"], CACHE_FIELDS)}
    (folder / CONFIG).write_text(json.dumps(document), "utf-8")
    for path in (folder / TRAINING).glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            values = json.loads(file.metadata()["values"])
        values["settings"] = with_old_names(values["settings"], TRAINING_SETTINGS)
        save_file(tensors, path, {"format": "1", "values": json.dumps(values)})


@pytest.mark.slow
def test_a_model_of_format_1_loads_and_resumes_exactly(models, tmp_path):
    old, new = (shutil.copytree(models["lstm"], tmp_path / name) for name in ("old", "new"))
    make_old(old)
    text = (old / CONFIG).read_text("utf-8") + (old / TRAINING / STATE).read_bytes().decode("latin-1")
    assert all(f'"{name}"' in text for name in (*CONFIG_ENTRIES, *CACHE_FIELDS))
    a, b = (Checkpoint.load(folder) for folder in (old, new))
    assert (a.config, a.words, a.cache, a.data) == (b.config, b.words, b.cache, b.data)
    for folder in (old, new):
        resume(folder, Silent(), changes={"epochs": 2})
    a, b = (Checkpoint.load(folder) for folder in (old, new))
    assert a.cache == b.cache
    for name, weight in b.weights.items():
        assert torch.equal(a.weights[name], weight)
    assert json.loads((old / CONFIG).read_text("utf-8"))["format"] == FORMAT


def test_a_newer_format_is_refused_in_one_sentence():
    with pytest.raises(SeqchatError, match=r"has format 3, and this seqchat reads formats 1 to 2"):
        check_format("the model", FORMAT + 1)
    with pytest.raises(SeqchatError, match="format"):
        upgraded_config({"format": FORMAT + 1})
