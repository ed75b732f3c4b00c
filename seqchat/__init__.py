"""seqchat: type with a recurrent language model in the terminal, and see it think."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from seqchat.api import Model

__version__ = "0.1.0"


def load(
    model: str | Path = "lstm-chat",
    *,
    precision: Literal["auto", "fp32"] = "auto",
    lexicon: str | Path | None = None,
    fuzzy: Collection[str] = (),
    double_pinyin: str = "",
) -> Model:
    """Load a model by its path or its name; the one that ships with seqchat by default.

    precision: ``auto`` computes large output layers in int8 and their best words again in float32; ``fp32`` does
    everything in float32. lexicon: a file of words to offer that the model lacks, instead of those that ship with
    seqchat; ``"none"`` for none. fuzzy: sounds of pinyin that are taken for each other, of ``zh/z``, ``ch/c``,
    ``sh/s``, ``n/l``, ``f/h``, ``r/l``, ``an/ang``, ``en/eng`` and ``in/ing``. double_pinyin: letters are two keys a
    syllable, in the layout ``xiaohe``, ``ziranma``, ``microsoft`` or ``sogou``.

    Raises:
        seqchat.errors.SeqchatError: there is no such model, pair or layout, or the model's files are damaged or do not
            fit each other.
    """
    from seqchat.api import Model
    from seqchat.completion.engine import Engine
    from seqchat.corpus.spelling import Spelling
    from seqchat.model.threads import one_thread

    spelling = Spelling(fuzzy=frozenset(fuzzy), layout=double_pinyin)
    with one_thread():
        engine = Engine.load(model, precision, lexicon)
        engine.spell(spelling)
        return Model(engine)
