"""What several tests share: the real text where it is there, and a small trained model."""

from __future__ import annotations

# With --lines it starts to measure, so it comes before the first import of seqchat.
from .lines.plugin import pytest_addoption, pytest_terminal_summary  # noqa: F401

# isort: split
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock
from hypothesis import settings

from seqchat.completion.engine import Engine
from seqchat.corpus.lexicon_words import NO_LEXICON, Lexicons
from seqchat.corpus.vocabulary import SPECIAL_WORDS
from seqchat.model.cells import CELLS
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.training.run import train
from seqchat.training.settings import TrainingSettings
from seqchat.training.task import Task

# The first look-up loads jieba's dictionary, and machines are noisy; CI tries the same cases each time.
settings.register_profile("seqchat", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("seqchat")

# Small networks gain nothing from a second thread, and lose much where several processes share the cores.
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)

# What small models suggest is asserted word by word; tests of the lexicon bring one of their own.
os.environ["SEQCHAT_LEXICON"] = "none"

REPOSITORY = Path(__file__).parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "data"


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name long values by their length: a test's name is handed to all processes."""
    return f"{len(val)} characters" if isinstance(val, str | bytes) and len(val) > 500 else None


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the models and settings of the person who runs them."""
    home = tmp_path_factory.getbasetemp() / "home"
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    # A test process inherits the window of the person who runs it.
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "24")


@pytest.fixture
def real_data() -> Path:
    """The folder of real chat text."""
    if not (REAL_DATA / "kdconv.jsonl").is_file():
        pytest.skip("the real chat text (../shared/data) is not there")
    return REAL_DATA


class Silent:
    """A watcher that only remembers."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.reports: list[object] = []
        self.steps = 0

    def message(self, text: str) -> None:
        self.messages.append(text)

    def progress(self, text: str, share: float) -> None:
        self.progressed = share

    def start(self, trainer: object, parameters: int) -> None:
        self.parameters = parameters

    def step(self, info: object) -> None:
        self.steps += 1

    def report(self, report: object) -> None:
        self.reports.append(report)


TINY = {"embedding_size": 24, "hidden_size": 32}
LIGHT = {
    "embedding_dropout": 0.0,
    "input_dropout": 0.1,
    "output_dropout": 0.1,
    "weight_dropout": 0.1,
    "ar_alpha": 0.0,
    "tar_beta": 0.0,
}
QUICK = TrainingSettings(epochs=1, batch_size=8, window=20, precision="fp32", device="cpu", **LIGHT)

# What suffices where a run has to go on for some steps, but need not learn much
SHORT = Task(["sample"], TINY, max_dialogs=100)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small model of each cell, trained on the sample for one epoch; several processes share them."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if worker else base) / "models"
    folder.mkdir(exist_ok=True)
    # Each process begins with another cell.
    first = int(worker.removeprefix("gw")) % len(CELLS) if worker else 0
    for name in [*CELLS][first:] + [*CELLS][:first]:
        with FileLock(folder.with_name(f"{name}.lock")):
            if not (folder / name).exists():
                cell = CELLS[name]
                layers = 2 if len(cell.state_names) > 1 else cell.context_layers
                train(Task(["sample"], {"cell": name, "layers": layers, **TINY}), QUICK, folder / name, Silent())
    return {name: folder / name for name in CELLS}


@pytest.fixture(params=list(CELLS))
def engine(request: pytest.FixtureRequest, models: dict[str, Path]) -> Engine:
    """A freshly loaded small model of each cell."""
    torch.manual_seed(0)
    return Engine.load(models[request.param])


@pytest.fixture
def lstm(models: dict[str, Path]) -> Engine:
    """A freshly loaded small LSTM."""
    return Engine.load(models["lstm"])


def cell_shapes() -> list[tuple[str, str]]:
    """Every cell of the registry with each of its nonlinearities."""
    return [(name, option) for name, cell in CELLS.items() for option in cell.nonlinearities or ("tanh",)]


def fused_cells() -> list[str]:
    """The cells that equal a module of torch.nn."""
    return [name for name, cell in CELLS.items() if cell.torch_module(1, 1, 1) is not None]


def small_engine(words: Sequence[str], *, seed: int = 0, lexicons: Lexicons = NO_LEXICON, **network: Any) -> Engine:
    """An engine with a small vocabulary and random weights, large enough that words differ in probability."""
    config = ModelConfig(len(SPECIAL_WORDS) + len(words), **{"embedding_size": 8, "hidden_size": 12, **network})
    torch.manual_seed(seed)
    weights = {name: weight * 3 for name, weight in build(config).state_dict().items()}
    return Engine("small", Checkpoint(config, [*SPECIAL_WORDS, *words], weights, "auto"), lexicons=lexicons)
