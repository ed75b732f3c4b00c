"""Several models on the same texts, side by side, and baselines that are trained on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.encoding import IdStream, StreamWriter
from seqchat.corpus.reading_options import DEFAULT_READING, ReadingOptions
from seqchat.corpus.splitting import HeldOut
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.errors import SeqchatError, quoted
from seqchat.evaluation.pipeline import evaluate_texts
from seqchat.evaluation.report import EvaluationReport
from seqchat.evaluation.texts import EvaluationText, Selection, held_out_rule, read_texts
from seqchat.progress import Progress
from seqchat.training.baselines import train_ngrams, train_textbook
from seqchat.training.compared_model import ComparedModel
from seqchat.training.observers import TrainingObserver


@dataclass(frozen=True)
class ComparisonTexts:
    """The texts that models are compared on, segmented as each of them needs it: by the name of the segmenter."""

    by_segmenter: Mapping[str, Sequence[EvaluationText]]

    @classmethod
    def read(
        cls,
        sources: Sequence[str],
        models: Sequence[ComparedModel],
        folder: Path,
        progress: Progress,
        *,
        reading: ReadingOptions = DEFAULT_READING,
        drop: Sequence[str] = (),
    ) -> ComparisonTexts:
        """Segment all dialogs of the sources; reading, drop: as in `CorpusSpec`.

        Raises:
            SeqchatError: a source cannot be used.
        """
        names = dict.fromkeys(model.checkpoint.segmenter for model in models)
        return cls(
            {
                name: read_texts(sources, folder / name, segmenter=name, reading=reading, drop=drop, progress=progress)
                for name in names
            }
        )

    def select(self, selection: Selection) -> ComparisonTexts:
        """Return the texts with only the selected dialogs, and without texts that have none of them."""
        selected = {
            name: [replace(text, selected=selection(text.segmented.digests)) for text in texts]
            for name, texts in self.by_segmenter.items()
        }
        return ComparisonTexts({name: [text for text in texts if text.dialogs] for name, texts in selected.items()})

    @property
    def sources(self) -> list[str]:
        """Where the texts come from, as the person named it."""
        return [text.source for text in next(iter(self.by_segmenter.values()))]

    @property
    def dialogs(self) -> int:
        """The number of dialogs."""
        return sum(text.dialogs for text in next(iter(self.by_segmenter.values())))


def held_out_by_all(models: Sequence[ComparedModel]) -> Selection:
    """Return the selection of the dialogs that the trainings of all models kept for testing.

    Raises:
        SeqchatError: a model does not say which.
    """
    rules = [_held_out(model) for model in models]

    def selection(digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = np.logical_and.reduce([rule.test_mask(digests) for rule in rules])
        return kept

    return selection


def train_baselines(
    texts: ComparisonTexts, first: ComparedModel, folder: Path, observer: TrainingObserver
) -> list[ComparedModel]:
    """Train the baselines on the dialogs of texts that a model's training has not held out, with its vocabulary.

    Its validation dialogs say when to stop. `folder` is for the words as ids.

    Raises:
        SeqchatError: the model does not say what it held out, or there is nothing to train or to validate on.
    """
    rule, name, vocabulary = _held_out(first), first.checkpoint.segmenter, first.model.vocabulary
    own_texts = ComparisonTexts({name: texts.by_segmenter[name]})
    training = own_texts.select(lambda digests: ~rule.held_out_mask(digests))
    validation = own_texts.select(rule.validation_mask)
    if not training.dialogs or not validation.dialogs:
        raise SeqchatError(
            "The baselines need dialogs to learn from and to validate on, and these texts have none; "
            "give all the texts that the first model was trained on."
        )
    known = first.checkpoint.data.get("dialogs")
    if known != training.dialogs:
        observer.message(f"{first.name} learned from {quoted(known)} dialogs, the baselines from {training.dialogs:,}")
    train_stream = _joined(training, vocabulary, folder / "train")
    validation_stream = _joined(validation, vocabulary, folder / "validation")
    return [
        train_ngrams(train_stream, vocabulary, observer),
        train_textbook(train_stream, validation_stream, vocabulary, observer),
    ]


def evaluate_compared(
    compared: ComparedModel, texts: ComparisonTexts, characters: int, folder: Path, progress: Progress
) -> EvaluationReport:
    """Evaluate a model on the texts, of which `characters` are typed; `folder` is for their words as ids.

    Raises:
        SeqchatError: the texts have no word.
    """
    own_texts = texts.by_segmenter[compared.checkpoint.segmenter]
    return evaluate_texts(compared.model, own_texts, folder, characters, progress)


def _held_out(compared: ComparedModel) -> HeldOut:
    try:
        return held_out_rule(compared.checkpoint.data)
    except SeqchatError as error:
        raise SeqchatError(f"{compared.name}: {error}") from error


def _joined(texts: ComparisonTexts, vocabulary: Vocabulary, folder: Path) -> IdStream:
    """Write the dialogs of texts as ids of a vocabulary into a folder, one text after the other."""
    with StreamWriter(folder) as writer:
        for text in texts.by_segmenter[vocabulary.segmenter.name]:
            for ids, kinds in text.stream(vocabulary, folder / "part").blocks():
                writer.append(ids, kinds)
    return IdStream.open(folder)
