"""The models that are loaded: one copy of each in memory, whoever works with it."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

from seqchat.locations import LEXICON_VARIABLE, NAME_OF_NO_LEXICON

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.model.output import Precision


class _Key(NamedTuple):
    """What is loaded: a folder, the time of its weights in nanoseconds, and how."""

    folder: Path
    time: int
    precision: Precision
    lexicon: str | None


class EnginePool:
    """Loads each model once, and lends an engine of its own to each thread that asks; forgets what nobody holds.

    A model that was trained again since then is another one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uses_lexicon = True
        # What is loading or loaded
        self._loading: defaultdict[_Key, threading.Lock] = defaultdict(threading.Lock)
        self._loaded: WeakValueDictionary[_Key, Engine] = WeakValueDictionary()
        # A lent engine keeps the loaded one alive that it shares its weights with.
        self._origins: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()

    def use_lexicon(self, used: bool, *, again: bool = False) -> None:
        """Let models know the words of the lexicon from now on, or not; again: even if the environment names none."""
        self._uses_lexicon = used
        if used and again and os.environ.get(LEXICON_VARIABLE) == NAME_OF_NO_LEXICON:
            del os.environ[LEXICON_VARIABLE]

    def engine(self, model: str, precision: Precision = "auto", lexicon: str | None = None) -> Engine:
        """Return an engine of a model as `Engine.load` does; several threads may ask at once.

        Raises:
            SeqchatError: there is no such model, or its files are damaged.
        """
        from seqchat.completion.engine import Engine
        from seqchat.model.folder import WEIGHTS
        from seqchat.model.model_registry import find

        folder = find(model).resolve()
        weights = folder / WEIGHTS
        lexicon = lexicon or (None if self._uses_lexicon else NAME_OF_NO_LEXICON)
        key = _Key(folder, weights.stat().st_mtime_ns if weights.is_file() else 0, precision, lexicon)
        with self._lock:
            loading = self._loading[key]
        with loading:
            origin = self._loaded.get(key)
            if origin is None:
                origin = self._loaded[key] = Engine.load(model, precision, lexicon)
            engine = origin.fork()
        with self._lock:
            self._origins[engine] = origin
        return engine
