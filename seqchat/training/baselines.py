"""Models to compare others with: n-grams alone, and the network of the textbook."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seqchat.corpus.encoding import IdStream
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.kneser_ney import ORDER
from seqchat.model.network import Network, build
from seqchat.model.ngrams import Mixture, NgramModel
from seqchat.model.threads import one_thread
from seqchat.training.counting import count_ngrams
from seqchat.training.loop import Notice, StepInfo, Trainer
from seqchat.training.observers import TrainingObserver
from seqchat.training.run import dropouts
from seqchat.training.settings import TrainingSettings

# The exercise of many courses: the last five words through a small LSTM, whose last output predicts the next one.
TEXTBOOK: dict[str, Any] = {
    "objective": "window",
    "window": 5,
    "cell": "lstm",
    "layers": 1,
    "embedding_size": 64,
    "hidden_size": 128,
}
# So small a network needs little to keep it from learning by heart.
TEXTBOOK_SETTINGS = TrainingSettings(
    learning_rate=3e-3,
    weight_decay=0.01,
    embedding_dropout=0.0,
    input_dropout=0.1,
    hidden_dropout=0.0,
    output_dropout=0.2,
    weight_dropout=0.0,
    ar_alpha=0.0,
    tar_beta=0.0,
    samples=2_048,
    patience=2,
    time_limit=10 * 60,
)

# A checkpoint has a network; that of n-grams alone knows nothing, and has this part of their predictions.
_NO_NETWORK: dict[str, Any] = {"cell": "rnn", "layers": 1, "embedding_size": 1, "hidden_size": 1}
_NO_PART = 1e-7


@dataclass(frozen=True)
class Baseline:
    """A model that was trained for a comparison.

    parameters: of its network, none for n-grams alone; seconds: its training took.
    """

    name: str
    checkpoint: Checkpoint
    parameters: int
    seconds: float


def train_ngrams(train: IdStream, vocabulary: Vocabulary, watcher: TrainingObserver) -> Baseline:
    """Count the n-grams of a text, all that `count_ngrams` reads, with interpolated, modified Kneser-Ney smoothing.

    Raises:
        SeqchatError: the text has no words.
    """
    watcher.message(f"Counting n-grams of up to {ORDER} words")
    began = time.monotonic()
    ngrams = count_ngrams(train, len(vocabulary), most=ORDER * len(train))
    return Baseline(f"{ORDER}-gram", ngrams_alone(ngrams, vocabulary), 0, time.monotonic() - began)


def ngrams_alone(ngrams: NgramModel, vocabulary: Vocabulary) -> Checkpoint:
    """Return the model that predicts as the n-grams do: each probability is theirs but for a ten-millionth part."""
    config = ModelConfig(len(vocabulary), **_NO_NETWORK)
    weights = {name: torch.zeros_like(weight) for name, weight in build(config).state_dict().items()}
    mixture = Mixture(ngrams, (1 - _NO_PART,) * ngrams.order)
    return Checkpoint(config, vocabulary.words, weights, vocabulary.segmenter.name, mixture=mixture)


def train_textbook(
    train: IdStream,
    validation: IdStream,
    vocabulary: Vocabulary,
    watcher: TrainingObserver,
    settings: TrainingSettings = TEXTBOOK_SETTINGS,
) -> Baseline:
    """Train the network of the textbook until the validation text says stop, and keep its best weights.

    Raises:
        SeqchatError: its loss is no longer a number, and a lower learning rate did not help.
    """
    config = ModelConfig(len(vocabulary), **TEXTBOOK)
    torch.manual_seed(settings.seed)
    network = build(config, dropouts(settings))
    network.init_output_bias(torch.from_numpy(train.counts(len(vocabulary))))
    trainer = Trainer(network, settings, train, validation, torch.from_numpy(vocabulary.suggestible))
    watcher.message("Training the network of the textbook")
    watcher.start(trainer, config.parameters)
    # Values near zero cost a hundred times more without it.
    torch.set_flush_denormal(True)
    try:
        with one_thread():
            weights = _best_weights(trainer, watcher)
    finally:
        torch.set_flush_denormal(False)
    checkpoint = Checkpoint(config, vocabulary.words, weights, vocabulary.segmenter.name)
    return Baseline("textbook", checkpoint, config.parameters, trainer.counters.seconds)


def _best_weights(trainer: Trainer, watcher: TrainingObserver) -> dict[str, Tensor]:
    """Run a training, and return the weights of its best report."""
    best = _copy(trainer.network)
    for event in trainer.run():
        if isinstance(event, StepInfo):
            watcher.step(event)
        elif isinstance(event, Notice):
            watcher.message(event.text)
        else:
            watcher.report(event)
            if event.improved:
                best = _copy(trainer.network)
    return best


def _copy(network: Network) -> dict[str, Tensor]:
    return {name: weight.detach().clone().cpu() for name, weight in network.state_dict().items()}
