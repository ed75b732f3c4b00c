"""The models that are loaded: one copy of each in memory, whoever works with it."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakValueDictionary

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine


class EnginePool:
    """Loads each model once, and lends an engine of its own to each thread that asks; forgets what nobody holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loading: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
        self._loaded: WeakValueDictionary[Path, Engine] = WeakValueDictionary()
        # A lent engine keeps the loaded one alive that it shares its weights with.
        self._origins: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()

    def engine(self, model: str) -> Engine:
        """Return an engine of a model, named or in a directory; several threads may ask at once.

        Raises:
            SeqchatError: there is no such model, or its files are damaged.
        """
        from seqchat.completion.engine import Engine
        from seqchat.model.model_registry import find

        folder = find(model).resolve()
        with self._lock:
            loading = self._loading[folder]
        with loading:
            origin = self._loaded.get(folder)
            if origin is None:
                origin = self._loaded[folder] = Engine.load(model)
            engine = origin.fork()
        with self._lock:
            self._origins[engine] = origin
        return engine
