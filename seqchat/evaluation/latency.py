"""The latency of a keystroke and of its stages: messages are typed key by key, with the threads that the app uses."""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import linear, log_softmax

from seqchat.completion.continuation import generate
from seqchat.completion.engine import Engine
from seqchat.completion.sampling import Sampling
from seqchat.completion.suggestion import suggest
from seqchat.corpus.jieba_words import jieba_frequencies
from seqchat.corpus.lexicon_words import NO_LEXICON, Lexicons
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.model.recurrent import WindowStack
from seqchat.model.threads import one_thread

# The shape for which the targets are stated.
SYNTHETIC = ModelConfig(50_000, layers=2, embedding_size=256, hidden_size=512)

_SHORT_CONTEXT, _LONG_CONTEXT = 20, 2_000
_NAIVE_CONTEXT = 200
_CONTINUATIONS, _CONTINUATION_WORDS = 3, 20


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds, at the median and at the 99th percentile."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Percentiles:
        """Sort and pick."""
        ordered = sorted(seconds)
        return cls(1e3 * ordered[len(ordered) // 2], 1e3 * ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)])


@dataclass(frozen=True)
class Latency:
    """The result of `measure_latency`.

    precision: of the output layer
    keystrokes: how many were timed for `keystroke`
    keystroke: after 20 words of context; keystroke_long: after 2,000
    stages: the share of a keystroke's time by stage
    naive_ms: a context of 200 words read again through `torch.nn` with a full float32 softmax
    continuations_ms: for three of 20 words each
    words_per_second: of one continuation after another
    peak_rss_mb: the largest memory of the process so far
    same_top5: share of keystrokes for which ``fp32`` gives the same five suggestions; None for ``fp32`` itself
    """

    precision: str
    keystrokes: int
    keystroke: Percentiles
    keystroke_long: Percentiles
    stages: dict[str, float]
    naive_ms: float
    continuations_ms: float
    words_per_second: float
    peak_rss_mb: float
    same_top5: float | None


def synthetic_checkpoint() -> Checkpoint:
    """Return a network of the design's shape with random weights, over the most frequent words of a dictionary."""
    cut = segmenter("auto")
    vocabulary = Vocabulary.build(Counter(jieba_frequencies()), cut, max_words=SYNTHETIC.vocabulary_size)
    config = ModelConfig(**{**SYNTHETIC.to_json(), "vocabulary_size": len(vocabulary)})
    torch.manual_seed(0)
    return Checkpoint(config, vocabulary.words, build(config).state_dict(), cut.name)


def typed_prefixes(messages: Iterable[str]) -> Iterator[str]:
    """Yield the text left of the cursor after each key of some messages."""
    for message in messages:
        for end in range(1, len(message) + 1):
            yield message[:end]


@one_thread()
def measure_latency(
    checkpoint: Checkpoint, messages: Sequence[str], precision: Any = "auto", lexicons: Lexicons = NO_LEXICON
) -> Latency:
    """Type messages key by key and time it; takes about half a minute."""
    engine = Engine("bench", checkpoint, precision, lexicons)
    typed = messages[:20]
    for text in typed_prefixes(messages[-3:]):
        suggest(engine, text)
    short, stages = _timed_keys(engine, _context(engine, messages, _SHORT_CONTEXT), typed)
    long, _ = _timed_keys(engine, _context(engine, messages, _LONG_CONTEXT), typed)
    return Latency(
        precision=engine.network.output.precision,
        keystrokes=len(short),
        keystroke=Percentiles.of(short),
        keystroke_long=Percentiles.of(long),
        stages=stages,
        naive_ms=1e3 * _naive_seconds(checkpoint),
        continuations_ms=1e3 * min(_seconds(lambda: _continue(engine, _CONTINUATIONS)) for _ in range(5)),
        words_per_second=_words_per_second(engine),
        peak_rss_mb=_peak_rss_mb(),
        same_top5=None
        if engine.network.output.precision == "fp32"
        else _same_top5(engine, Engine("exact", checkpoint, "fp32", lexicons), messages),
    )


def _context(engine: Engine, messages: Sequence[str], words: int) -> str:
    """Return text of about this many words, as the turns of a conversation."""
    text, count = "", 0
    while count < words:
        for message in messages:
            count += len(engine.context.ids(message)) + 1
            text += f"{message}\n"
            if count >= words:
                break
    return text


def _timed_keys(engine: Engine, context: str, messages: Sequence[str]) -> tuple[list[float], dict[str, float]]:
    """Return the seconds of each key after a context, and the share of each stage."""
    suggest(engine, context)
    seconds = []
    with _stages(engine) as spent:
        for text in typed_prefixes(messages):
            began = time.perf_counter()
            suggest(engine, context + text)
            seconds.append(time.perf_counter() - began)
    total = sum(seconds)
    shares = {name: value / total for name, value in spent.items()}
    return seconds, {**shares, "ranking": 1 - sum(shares.values())}


@contextmanager
def _stages(engine: Engine) -> Iterator[dict[str, float]]:
    """Add up the time of the stages of a keystroke; the rest is the ranking."""
    output = engine.network.output
    timed_methods: list[tuple[str, Any, str]] = [
        ("words", engine.context, "words"),
        ("cell", engine.network, "step"),
        ("output", output, "logits"),
        ("output", output, "exact_logits"),
    ]
    spent = dict.fromkeys((stage for stage, _, _ in timed_methods), 0.0)

    def timing(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = time.perf_counter()
            result = function(*arguments)
            spent[stage] += time.perf_counter() - began
            return result

        return timed

    for stage, owner, name in timed_methods:
        setattr(owner, name, timing(stage, getattr(owner, name)))
    try:
        yield spent
    finally:
        for _, owner, name in timed_methods:
            delattr(owner, name)


def _continue(engine: Engine, n: int) -> int:
    """Make n continuations of 20 words; return how many words they have."""
    sampling = Sampling(max_words=_CONTINUATION_WORDS, seed=1)
    return sum(1 for _ in generate(engine, "我们今天", n, sampling))


def _words_per_second(engine: Engine) -> float:
    """Return how many words one continuation after another makes in a second, over two seconds."""
    words, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < 2:
        words += _continue(engine, 1)
    return words / spent


def _naive_seconds(checkpoint: Checkpoint) -> float:
    """Return the seconds that a keystroke takes if the whole context is read again."""
    config = checkpoint.config
    shape = config.embedding_size, config.hidden_size, config.layers
    recurrent = config.cell_kind.torch_module(*shape) or WindowStack(config.cell_kind, *shape)
    embedding, bias = checkpoint.weights["embedding.weight"], checkpoint.weights["output_bias"]
    projection = checkpoint.weights.get("projection.weight", torch.eye(config.hidden_size, config.embedding_size).T)
    ids = torch.arange(_NAIVE_CONTEXT) % len(embedding)

    @torch.inference_mode()
    def keystroke() -> None:
        output, _ = recurrent(embedding[ids])
        log_softmax(linear(linear(output, projection), embedding, bias), dim=-1)[-1].topk(5)

    keystroke()
    return min(_seconds(keystroke) for _ in range(5))


def _same_top5(engine: Engine, exact: Engine, messages: Sequence[str]) -> float:
    """Return the share of keystrokes with the same suggestions as in float32."""
    same = total = 0
    for text in typed_prefixes(messages[:40]):
        own, others = ([(s.insert, s.replace) for s in suggest(e, text)] for e in (engine, exact))
        same += own == others
        total += 1
    return same / total


def _seconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def _peak_rss_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
