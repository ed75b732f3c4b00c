"""A model on a text, from its folder to all of its measures."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from seqchat.completion.engine import Engine
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.assessment import Assessment, Measures
from seqchat.evaluation.caveats import caveats
from seqchat.evaluation.keystrokes import KeystrokeSavings, simulate
from seqchat.evaluation.predictions import NetworkPredictions, Predictions
from seqchat.evaluation.reading import assess
from seqchat.evaluation.tally import Tally
from seqchat.evaluation.texts import Text, kept_for_testing, read_texts, written
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import CacheWeights
from seqchat.model.network import Network, build
from seqchat.model.threads import one_thread
from seqchat.progress import Progress

# How a network that reads from both sides predicts
HEADS = ("forward", "backward", "joint")


@dataclass(frozen=True)
class Model:
    """A model, ready to be measured."""

    name: str
    checkpoint: Checkpoint
    network: Network
    vocabulary: Vocabulary

    def predictions(self, head: str = "forward") -> Predictions:
        """Return what it predicts from the left, or what another head of the network does alone."""
        if head != "forward":
            return NetworkPredictions(self.network, head=head)
        return NetworkPredictions(self.network, self.checkpoint.mixture, self.checkpoint.cache)


@dataclass(frozen=True)
class Examination:
    """All measures of a model on some texts.

    heads: of each head of a network that reads from both sides, alone; sources: of each text; keystrokes: None where
    they were not asked for; words_per_second: of reading and counting, without cutting the text into words.
    """

    assessment: Assessment
    heads: Mapping[str, Measures]
    sources: Mapping[str, Measures]
    keystrokes: KeystrokeSavings | None
    dialogs: int
    words_per_second: float


def load(folder: Path, *, ngrams: bool = True, memory: bool = True) -> Model:
    """Load a model to measure it, with or without its n-grams and its memory of the turns before.

    Raises:
        SeqchatError: its files are damaged or do not fit each other.
    """
    checkpoint = Checkpoint.load(folder)
    checkpoint = replace(
        checkpoint,
        mixture=checkpoint.mixture if ngrams else None,
        cache=checkpoint.cache if memory else CacheWeights(),
    )
    network = build(checkpoint.config)
    network.load_state_dict(checkpoint.weights)
    vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
    return Model(folder.name, checkpoint, network.eval(), vocabulary)


def examine(
    model: Model,
    sources: Sequence[str],
    *,
    held_out: bool = False,
    field: str | None = None,
    drop: Sequence[str] = (),
    characters: int = 0,
    progress: Progress,
) -> Examination:
    """Measure a model on texts; `characters` of them are typed with its suggestions.

    held_out: only the dialogs that its training kept for testing; field, drop: as in `Reading`.

    Raises:
        SeqchatError: a text cannot be used, or has no word.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        texts = read_texts(
            sources,
            folder,
            segmenter=model.checkpoint.segmenter,
            field=field,
            drop=drop,
            choice=kept_for_testing(model.checkpoint.data).test_mask if held_out else None,
            message=progress.message,
        )
        for caveat in caveats(model.name, model.checkpoint.data, texts, drop, held_out=held_out):
            progress.message(caveat)
        return examine_texts(model, texts, folder, characters, progress)


def examine_texts(
    model: Model, texts: Sequence[Text], folder: Path, characters: int, progress: Progress
) -> Examination:
    """Measure a model on texts that are read already; `folder` takes their words as ids."""
    tally: Tally | None = None
    sources: dict[str, Measures] = {}
    seconds = 0.0
    for number, text in enumerate(texts):
        stream = text.stream(model.vocabulary, folder / f"{model.name}-{number}")
        began = time.monotonic()
        told = partial(progress.progress, f"{model.name} reads {text.name}")
        mine = assess(model.predictions, stream, model.vocabulary, told)
        seconds += time.monotonic() - began
        sources[text.name] = mine.assessment().whole
        tally = mine if tally is None else tally + mine
    if tally is None:
        raise SeqchatError("There is no text to measure the model on.")
    assessment = tally.assessment()
    return Examination(
        assessment,
        _heads(model, texts, folder),
        sources,
        type_texts(Engine(model.name, model.checkpoint), texts, characters, progress) if characters else None,
        sum(text.dialogs for text in texts),
        assessment.whole.words / max(seconds, 1e-9),
    )


def type_texts(engine: Engine, texts: Sequence[Text], characters: int, progress: Progress) -> KeystrokeSavings:
    """Type so many characters of the texts with a model's suggestions."""
    dialogs = written(texts, engine.vocabulary.segmenter)
    title = f"{engine.name} types"
    with one_thread():
        return simulate(
            engine,
            dialogs,
            characters=characters,
            progress=lambda typed: progress.progress(title, typed / characters),
        )


def _heads(model: Model, texts: Sequence[Text], folder: Path) -> dict[str, Measures]:
    """Measure each head of a network that reads from both sides, alone."""
    found: dict[str, Measures] = {}
    for head in HEADS if model.checkpoint.config.objective == "infill" else ():
        tally: Tally | None = None
        for number, text in enumerate(texts):
            stream = text.stream(model.vocabulary, folder / f"{model.name}-{head}-{number}")
            mine = assess(partial(model.predictions, head), stream, model.vocabulary)
            tally = mine if tally is None else tally + mine
        if tally is not None:
            found[head] = tally.assessment().whole
    return found
