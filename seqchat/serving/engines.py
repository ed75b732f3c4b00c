"""The engines of a resident process: models stay loaded, and each request has an engine of its own."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from seqchat import heap
from seqchat.completion.engine_pool import EnginePool
from seqchat.corpus.lexicon_words import NONE
from seqchat.files import is_there
from seqchat.locations import local_checkpoints

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.corpus.spelling import Spelling
    from seqchat.model.output import Precision

# How many models stay in memory, those that were used last
_KEPT = 2


class Engines:
    """Lends engines; threads may ask at once."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._pool, self._kept = EnginePool(), max(kept, 1)
        self._lock = threading.Lock()
        # An engine of each model that stays, the last used at the end
        self._last: list[Engine] = []

    def engine(
        self,
        model: str,
        precision: Precision = "auto",
        lexicon: str | None = None,
        spelling: Spelling | None = None,
        folder: Path | None = None,
    ) -> Engine:
        """Return an engine with nothing in its memory and no text read.

        spelling: how it reads letters; folder: the one that names of models and files are relative to.

        Raises:
            SeqchatError: there is no such model or lexicon, or its files are damaged.
        """
        if folder is not None:
            model = _from(folder, model, local_checkpoints())
            lexicon = lexicon and (lexicon if lexicon == NONE else _from(folder, lexicon))
        engine = self._pool.engine(model, precision, lexicon)
        self._keep(engine)
        return engine.fork(None if spelling == engine.vocabulary.spelling else spelling)

    def _keep(self, engine: Engine) -> None:
        """Keep an engine, so that its model stays; what all engines of a model share is built at the first one."""
        with self._lock:
            known = next((kept for kept in self._last if kept.network is engine.network), None)
            others = [kept for kept in self._last if kept is not known]
            self._last = [*others, known or engine][-self._kept :]
        if known is None:
            _ = engine.vocabulary.pinyin
            # What stays is not looked at each time that `tidy` looks for what does not.
            heap.settle()

    def tidy(self) -> None:
        """Free the states of answered requests, which refer to each other, so that Python would wait with it."""
        gc.collect()


def _from(folder: Path, name: str, *inside: Path) -> str:
    """Return the path of a file or folder that a name means in a folder, or in folders within it; else the name."""
    paths = (folder / below / name for below in (Path(), *inside))
    return next((str(path) for path in paths if is_there(path)), name)
