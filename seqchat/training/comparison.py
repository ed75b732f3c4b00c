"""Several models on the same texts, side by side, and baselines that learn from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.encoding import IdStream, StreamWriter
from seqchat.corpus.splitting import HeldOut
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.errors import SeqchatError, quoted
from seqchat.evaluation.examination import Examination, Model, examine_texts, load
from seqchat.evaluation.texts import Choice, Text, kept_for_testing, read_texts
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import CONFIG, NGRAMS, VOCABULARY, WEIGHTS
from seqchat.model.network import build
from seqchat.model.weights import compact
from seqchat.training.baselines import Baseline, train_ngrams, train_textbook
from seqchat.training.history import History
from seqchat.training.observers import TrainingObserver

# What of a model's folder is needed to use it
_FILES = (CONFIG, VOCABULARY, WEIGHTS, NGRAMS)


@dataclass(frozen=True)
class Contender:
    """A model of a comparison.

    parameters: of its network; megabytes: of its files, without what only training needs; training_seconds: None where
    they are not known.
    """

    model: Model
    parameters: int
    megabytes: float
    training_seconds: float | None

    @property
    def ngrams(self) -> int:
        """How many n-grams the model has."""
        mixture = self.model.checkpoint.mixture
        return mixture.ngrams.entries if mixture else 0


@dataclass(frozen=True)
class Texts:
    """What the models of a comparison are measured on, cut as each of them wants it: by the name of the segmenter."""

    by_segmenter: Mapping[str, Sequence[Text]]

    @classmethod
    def read(
        cls,
        sources: Sequence[str],
        contenders: Sequence[Contender],
        folder: Path,
        watcher: TrainingObserver,
        *,
        field: str | None = None,
        drop: Sequence[str] = (),
    ) -> Texts:
        """Cut all dialogs of the sources into words; field, drop: as in `CorpusSpec`.

        Raises:
            SeqchatError: a source cannot be used.
        """
        names = dict.fromkeys(contender.model.checkpoint.segmenter for contender in contenders)
        return cls(
            {
                name: read_texts(
                    sources, folder / name, segmenter=name, field=field, drop=drop, message=watcher.message
                )
                for name in names
            }
        )

    def those(self, choice: Choice) -> Texts:
        """Return the texts with some of their dialogs alone, and without texts that have none of them."""
        chosen = {
            name: [replace(text, chosen=choice(text.segmented.digests)) for text in texts]
            for name, texts in self.by_segmenter.items()
        }
        return Texts({name: [text for text in texts if text.dialogs] for name, texts in chosen.items()})

    @property
    def sources(self) -> list[str]:
        """Where the texts are from, as it was named."""
        return [text.source for text in next(iter(self.by_segmenter.values()))]

    @property
    def dialogs(self) -> int:
        """How many dialogs there are."""
        return sum(text.dialogs for text in next(iter(self.by_segmenter.values())))


def contender(folder: Path, *, network_only: bool = False) -> Contender:
    """Load a model to compare it with others; network_only: without its n-grams and its memory.

    Raises:
        SeqchatError: its files are damaged or do not fit each other.
    """
    model = load(folder, ngrams=not network_only, memory=not network_only)
    return Contender(model, model.checkpoint.config.parameters, _megabytes(folder), _training_seconds(folder))


def held_out_by_all(contenders: Sequence[Contender]) -> Choice:
    """Return the choice of the dialogs that the trainings of all models have kept for testing.

    Raises:
        SeqchatError: a model does not say which.
    """
    rules = [_held_out(contender) for contender in contenders]

    def choice(digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = np.logical_and.reduce([rule.test_mask(digests) for rule in rules])
        return kept

    return choice


def train_baselines(texts: Texts, first: Contender, folder: Path, watcher: TrainingObserver) -> list[Contender]:
    """Train the baselines on the dialogs of texts that a model's training has not held out, with its vocabulary.

    Its dialogs for validation say when to stop. `folder` takes the words as ids, and the files of the baselines.

    Raises:
        SeqchatError: the model does not say what it held out, or there is nothing to learn or to validate on.
    """
    rule, model = _held_out(first), first.model
    mine = Texts({model.checkpoint.segmenter: texts.by_segmenter[model.checkpoint.segmenter]})
    learned, validation = mine.those(lambda digests: ~rule.held_out_mask(digests)), mine.those(rule.validation_mask)
    if not learned.dialogs or not validation.dialogs:
        raise SeqchatError(
            "The baselines need dialogs to learn from and to validate on, and these texts have none; "
            "give all the texts that the first model was trained on."
        )
    known = model.checkpoint.data.get("dialogs")
    if known != learned.dialogs:
        watcher.message(f"{model.name} learned from {quoted(known)} dialogs, the baselines from {learned.dialogs:,}")
    train = _joined(learned, model.vocabulary, folder / "train")
    validating = _joined(validation, model.vocabulary, folder / "validation")
    baselines = [
        train_ngrams(train, model.vocabulary, watcher),
        train_textbook(train, validating, model.vocabulary, watcher),
    ]
    return [_as_contender(baseline, model.vocabulary, folder / baseline.name) for baseline in baselines]


def measure(
    contender: Contender, texts: Texts, characters: int, folder: Path, watcher: TrainingObserver
) -> Examination:
    """Measure a model on the texts, of which `characters` are typed; `folder` takes their words as ids.

    Raises:
        SeqchatError: the texts have no word.
    """
    model = contender.model
    return examine_texts(model, texts.by_segmenter[model.checkpoint.segmenter], folder, characters, watcher)


def _held_out(contender: Contender) -> HeldOut:
    try:
        return kept_for_testing(contender.model.checkpoint.data)
    except SeqchatError as error:
        raise SeqchatError(f"{contender.model.name}: {error}") from error


def _joined(texts: Texts, vocabulary: Vocabulary, folder: Path) -> IdStream:
    """Write the dialogs of texts as ids of a vocabulary into a folder, one text after the other."""
    with StreamWriter(folder) as writer:
        for text in texts.by_segmenter[vocabulary.segmenter.name]:
            for ids, kinds in text.stream(vocabulary, folder / "part").blocks():
                writer.append(ids, kinds)
    return IdStream.open(folder)


def _as_contender(baseline: Baseline, vocabulary: Vocabulary, folder: Path) -> Contender:
    checkpoint = baseline.checkpoint
    network = build(checkpoint.config)
    network.load_state_dict(checkpoint.weights)
    model = Model(baseline.name, checkpoint, network.eval(), vocabulary)
    return Contender(model, baseline.parameters, _stored_megabytes(checkpoint, folder), baseline.seconds)


def _stored_megabytes(checkpoint: Checkpoint, folder: Path) -> float:
    folder.mkdir(parents=True)
    replace(checkpoint, weights=compact(checkpoint.weights)).save(folder)
    return _megabytes(folder)


def _megabytes(folder: Path) -> float:
    return sum((folder / name).stat().st_size for name in _FILES if (folder / name).is_file()) / 1e6


def _training_seconds(folder: Path) -> float | None:
    """Return how long a model's training took, as far as its last report tells."""
    try:
        seconds = History.read(folder).reports[-1].get("seconds")
    except SeqchatError:
        return None
    return float(seconds) if isinstance(seconds, int | float) else None
