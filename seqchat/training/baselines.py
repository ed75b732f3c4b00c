"""Baselines to compare models with: n-grams alone, and the textbook's network."""

from __future__ import annotations

import time
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
from seqchat.training.compared_model import ComparedModel
from seqchat.training.counting import count_ngrams
from seqchat.training.devices import flush_denormals
from seqchat.training.events import Notice, StepInfo
from seqchat.training.loop import Trainer
from seqchat.training.observers import TrainingObserver
from seqchat.training.recipe import dropouts
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
# So small a network needs little regularisation.
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

# Every checkpoint has a network; that of n-grams alone is untrained, and has this weight in their predictions.
_NO_NETWORK: dict[str, Any] = {"cell": "rnn", "layers": 1, "embedding_size": 1, "hidden_size": 1}
_NETWORK_WEIGHT = 1e-7
# As many as a training counts by default
_MAX_TOKENS = TrainingSettings.ngram_words


def train_ngrams(train: IdStream, vocabulary: Vocabulary, observer: TrainingObserver) -> ComparedModel:
    """Count all n-grams of a text up to `ORDER`, with interpolated, modified Kneser-Ney smoothing.

    Raises:
        SeqchatError: the text has no words.
    """
    observer.message(f"Counting n-grams of up to {ORDER} words")
    began = time.monotonic()
    ngrams = count_ngrams(train, len(vocabulary), max_ngrams=ORDER * len(train), max_tokens=_MAX_TOKENS)
    return ComparedModel.trained(f"{ORDER}-gram", ngrams_alone(ngrams, vocabulary), 0, time.monotonic() - began)


def ngrams_alone(ngrams: NgramModel, vocabulary: Vocabulary) -> Checkpoint:
    """Return the model that predicts as the n-grams do, but for a ten-millionth of each probability."""
    config = ModelConfig(len(vocabulary), **_NO_NETWORK)
    weights = {name: torch.zeros_like(weight) for name, weight in build(config).state_dict().items()}
    mixture = Mixture.of(ngrams, (1 - _NETWORK_WEIGHT,) * ngrams.order)
    return Checkpoint(config, vocabulary.words, weights, vocabulary.segmenter.name, mixture=mixture)


def train_textbook(
    train: IdStream,
    validation: IdStream,
    vocabulary: Vocabulary,
    observer: TrainingObserver,
    settings: TrainingSettings = TEXTBOOK_SETTINGS,
) -> ComparedModel:
    """Train the textbook's network until its validation no longer improves, and keep its best weights.

    Raises:
        SeqchatError: its loss is no longer a number, and a lower learning rate did not help.
    """
    config = ModelConfig(len(vocabulary), **TEXTBOOK)
    torch.manual_seed(settings.seed)
    network = build(config, dropouts(settings))
    network.init_output_bias(torch.from_numpy(train.counts(len(vocabulary))))
    trainer = Trainer(network, settings, train, validation, torch.from_numpy(vocabulary.suggestible))
    observer.message("Training the textbook's network")
    observer.start(trainer, config.parameters)
    with one_thread(), flush_denormals():
        weights = _best_weights(trainer, observer)
    checkpoint = Checkpoint(config, vocabulary.words, weights, vocabulary.segmenter.name)
    return ComparedModel.trained("textbook", checkpoint, config.parameters, trainer.counters.seconds)


def _best_weights(trainer: Trainer, observer: TrainingObserver) -> dict[str, Tensor]:
    """Run a training and return the weights of its best report."""
    best = _copy(trainer.network)
    for event in trainer.run():
        if isinstance(event, StepInfo):
            observer.step(event)
        elif isinstance(event, Notice):
            observer.message(event.text)
        else:
            observer.report(event)
            if event.improved:
                best = _copy(trainer.network)
    return best


def _copy(network: Network) -> dict[str, Tensor]:
    return {name: weight.detach().clone().cpu() for name, weight in network.state_dict().items()}
