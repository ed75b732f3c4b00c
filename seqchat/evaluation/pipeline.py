"""The evaluation of a model on texts: predictions → metrics → report.

`TextPredictor` yields the probabilities of each word, `MetricsAccumulator` adds up what they hit, and
`EvaluationReport` holds the result. Training validates with the same loop and the same sums (`validation`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from operator import add
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import torch

from seqchat.completion.engine import Engine
from seqchat.corpus.batches import Lanes
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.reading_options import DEFAULT_READING, ReadingOptions
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.errors import SeqchatError
from seqchat.evaluation.accumulator import MetricsAccumulator, TextSums
from seqchat.evaluation.caveats import caveats
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.evaluation.keystrokes import KeystrokeSavings, simulate
from seqchat.evaluation.lexicon_entries import EntryCounter
from seqchat.evaluation.metrics import Metrics
from seqchat.evaluation.pinyin import PinyinResult, measure_pinyin
from seqchat.evaluation.predictor import TextPredictor
from seqchat.evaluation.report import EvaluationReport
from seqchat.evaluation.texts import EvaluationText, held_out_rule, original_dialogs, read_texts
from seqchat.evaluation.word_table import WordTable
from seqchat.model.mixture import LexiconMixture
from seqchat.model.threads import one_thread
from seqchat.progress import SILENT, Progress

_LANES, _WINDOW = 32, 128


def evaluate(
    model: EvaluatedModel,
    sources: Sequence[str],
    *,
    held_out: bool = False,
    reading: ReadingOptions = DEFAULT_READING,
    drop: Sequence[str] = (),
    characters: int = 0,
    phrases: int = 0,
    abbreviated: float = 0.0,
    progress: Progress = SILENT,
) -> EvaluationReport:
    """Evaluate a model on texts.

    characters: how many are typed with its suggestions; phrases: how many of them are typed in pinyin, and how many
    sentences; abbreviated: the share of the syllables of as many others that are abbreviated, 0 for none; held_out:
    only the dialogs that its training kept for testing; reading, drop: as in `CorpusSpec`.

    Raises:
        SeqchatError: a text cannot be used, or has no word.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        texts = read_texts(
            sources,
            folder,
            segmenter=model.checkpoint.segmenter,
            reading=reading,
            drop=drop,
            selection=held_out_rule(model.checkpoint.data).test_mask if held_out else None,
            progress=progress,
        )
        for caveat in caveats(model.name, model.checkpoint.data, texts, drop, reading.speakers, held_out=held_out):
            progress.message(caveat)
        return evaluate_texts(model, texts, folder, characters, progress, phrases, abbreviated)


def evaluate_texts(
    model: EvaluatedModel,
    texts: Sequence[EvaluationText],
    folder: Path,
    characters: int,
    progress: Progress,
    phrases: int = 0,
    abbreviated: float = 0.0,
) -> EvaluationReport:
    """Evaluate a model on segmented texts; `folder` is for their words as ids; the rest is as in `evaluate`.

    Raises:
        SeqchatError: there is no text, or it has no word.
    """
    if not texts:
        raise SeqchatError("There is no text to evaluate the model on.")
    streams = [text.stream(model.vocabulary, folder / f"{model.name}-{n}") for n, text in enumerate(texts)]
    sums: list[TextSums] = []
    mixture = model.lexicon_mixture()
    began = time.monotonic()
    for text, stream in zip(texts, streams, strict=True):
        title = f"{model.name} reads {text.name}"
        sums.append(evaluate_stream(model.predictor(), stream, model.vocabulary, progress, title, mixture))
    seconds = time.monotonic() - began
    metrics = _total(sums).metrics()
    return EvaluationReport(
        metrics,
        {head: _head_metrics(model, head, streams) for head in model.heads},
        {text.name: each.metrics().overall for text, each in zip(texts, sums, strict=True)},
        type_texts(model.engine(), texts, characters, progress) if characters else None,
        sum(text.dialogs for text in texts),
        metrics.overall.words / max(seconds, 1e-9),
        type_pinyin(model.engine(), texts, phrases, progress, abbreviated) if phrases else None,
        model.products,
    )


def evaluate_stream(
    predictor: TextPredictor,
    stream: IdStream,
    vocabulary: Vocabulary,
    progress: Progress = SILENT,
    title: str = "",
    lexicon: LexiconMixture | None = None,
) -> TextSums:
    """Predict each word of a text, each dialog from its beginning, and add up the metrics.

    Its dialogs are dealt out to as many threads as PyTorch has. title: what `progress` shows; lexicon: how that of the
    vocabulary is mixed in, if it has one.
    """
    table = WordTable.of(vocabulary)
    parts = stream.split(torch.get_num_threads()) or [stream]
    stopped = Event()

    def read(part: IdStream, progress: Progress = SILENT) -> TextSums:
        counter = None
        if lexicon is not None and vocabulary.lexicon is not None:
            counter = EntryCounter(vocabulary, vocabulary.lexicon, lexicon)
        accumulator, tokens = MetricsAccumulator(table, part, counter), 0
        for predictions in predictor.predict(Lanes(part, _LANES, _WINDOW, longest_first=True)):
            accumulator.add(predictions)
            tokens += len(predictions.targets)
            progress.progress(title, tokens / max(part.targets, 1))
            if stopped.is_set():
                break
        return accumulator.sums

    with one_thread(), ThreadPoolExecutor(len(parts), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        others = [pool.submit(read, part) for part in parts[1:]]
        try:
            # The parts are alike, so that the first one's progress is that of all.
            first = read(parts[0], progress)
            return _total([first, *(other.result() for other in others)])
        finally:
            stopped.set()


def type_texts(
    engine: Engine, texts: Sequence[EvaluationText], characters: int, progress: Progress
) -> KeystrokeSavings:
    """Type this many characters of the texts with a model's suggestions."""
    dialogs = original_dialogs(texts, engine.vocabulary.segmenter)
    with one_thread():
        return simulate(engine, dialogs, characters=characters, progress=progress)


def type_pinyin(
    engine: Engine, texts: Sequence[EvaluationText], phrases: int, progress: Progress, abbreviated: float = 0.0
) -> PinyinResult:
    """Type this many phrases, and sentences, of the texts in pinyin."""
    dialogs = original_dialogs(texts, engine.vocabulary.segmenter)
    with one_thread():
        return measure_pinyin(engine, dialogs, phrases, progress, abbreviated)


def _head_metrics(model: EvaluatedModel, head: str, streams: Iterable[IdStream]) -> Metrics:
    predictor = model.head_predictor(head)
    return _total(evaluate_stream(predictor, stream, model.vocabulary) for stream in streams).metrics().overall


def _total(sums: Iterable[TextSums]) -> TextSums:
    return reduce(add, sums)
