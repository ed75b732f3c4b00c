"""What a run of training learns from, and how its text becomes words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from seqchat.corpus.encodings import checked_codec
from seqchat.corpus.reading_options import PAUSE, ReadingOptions
from seqchat.corpus.weighting import SourceWeights
from seqchat.declared import Condition, Range, check, declared
from seqchat.model.config import ModelConfig

SegmenterName = Literal["unicode", "auto", "jieba", "whitespace"]

_COUNT = Range(1)


@dataclass(frozen=True)
class Task:
    """What to train on what: the texts, how they become words, and the shape of the network (as `ModelConfig`).

    data, validation: names of texts as in `CorpusSpec`; drop: regular expressions for what is left out of them;
    weights: how often the dialogs of a source are read in an epoch, as in `SourceWeights.parse`;
    base: the name or folder of a model to go on from, which has a shape and a segmenter already; speakers: whose turns
    are learned, as in `ReadingOptions`.
    """

    data: Sequence[str]
    network: dict[str, Any]
    validation: Sequence[str] = ()
    drop: Sequence[str] = ()
    weights: Sequence[str] = ()
    base: str | None = None
    speakers: Sequence[str] = ()
    field: str | None = declared(None, "The field or column that holds the turns or the text.")
    columns: str | None = declared(None, "The columns or fields that are the turns of a dialog: prompt,response.")
    pause: float = declared(
        PAUSE, "A dialog of a chat ends at such a pause.", Range(above=0), unit="seconds", shown="6h"
    )
    keep_notes: bool = declared(False, "Keep a messenger's notes, such as '<Media omitted>'.")
    encoding: str | None = declared(None, "What texts are encoded in.", shown="found out")
    streaming: bool = declared(False, "Read a data set of the hub as it arrives; only its word ids are stored.")
    max_dialogs: int | None = declared(None, "Read at most this many dialogs.", _COUNT)
    processes: int | None = declared(
        None, "How many processes cut the text into words.", _COUNT, shown="the number of cores"
    )
    validation_share: float = declared(
        0.05,
        "Share of the dialogs that is held out for validation.",
        Range(above=0, below=1),
        conditions=(Condition("validation", ((),), text="without --validation"),),
    )
    max_validation: int = declared(60_000, "Validate on about this many words, spread over all sources.", _COUNT)
    segmenter: SegmenterName = declared(
        "unicode",
        "How text is cut into words; unicode: jieba for Chinese, Unicode's boundaries for the rest; auto: as older "
        "models do.",
    )
    min_count: int = declared(2, "Spell rarer words in characters.", _COUNT)
    max_words: int = declared(50_000, "Largest size of the vocabulary.", _COUNT)
    lexicon: str | None = declared(
        None,
        "A list of words of your own: a word a line, or a word and a count. They stay whole when text is cut, and are "
        "offered even if DATA lacks them.",
        also="--user-dict",
    )

    @property
    def reading(self) -> ReadingOptions:
        """How the files are read."""
        columns = tuple(name.strip() for name in (self.columns or "").split(",") if name.strip())
        codec = checked_codec(self.encoding)
        return ReadingOptions(self.field, columns, self.pause, self.keep_notes, codec, tuple(self.speakers))

    def __post_init__(self) -> None:
        # The shape is checked before any text is read.
        ModelConfig(self.max_words, **self.network)
        SourceWeights.parse(self.weights)
        check(self)
        checked_codec(self.encoding)
