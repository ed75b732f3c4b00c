"""The dialect over the models of a process: names of models and bodies of requests → answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqchat.errors import SeqchatError, quoted
from seqchat.model.folder import WEIGHTS
from seqchat.model.model_registry import find
from seqchat.serving import dialect, writing
from seqchat.serving.dialect import Asked, RequestError
from seqchat.serving.engines import Engines

if TYPE_CHECKING:
    from pathlib import Path

    from seqchat.completion.engine import Engine
    from seqchat.model.output import Precision

Json = dict[str, Any]


@dataclass(frozen=True)
class Loading:
    """How the models are loaded, and the script in which they write."""

    precision: Precision = "auto"
    lexicon: str | None = None
    script: str = "simplified"


class Api:
    """Answers requests with the models that it was made with, and no others."""

    def __init__(self, engines: Engines, models: Sequence[str], loading: Loading) -> None:
        """models: names or directories; the first one answers requests that name none.

        Raises:
            SeqchatError: there is no such model, or two have the same name.
        """
        self._engines, self._loading = engines, loading
        self._folders: dict[str, Path] = {}
        for folder in (find(model).resolve() for model in models):
            if self._folders.setdefault(folder.name, folder) != folder:
                raise SeqchatError(
                    f"Two of the models have the name {quoted(folder.name)}; requests name models by it."
                )

    @property
    def models(self) -> list[str]:
        """The names of the models."""
        return list(self._folders)

    def load(self) -> None:
        """Load all models.

        Raises:
            SeqchatError: the files of one are damaged.
        """
        for name in self._folders:
            self._engine(name)

    def tidy(self) -> None:
        """Free what answered requests have left."""
        self._engines.tidy()

    def listed(self) -> Json:
        """Return the list of the models."""
        return {"object": "list", "data": [self.described(name) for name in self._folders]}

    def described(self, name: str) -> Json:
        """Return what is said of one model.

        Raises:
            RequestError: there is none of this name.
        """
        weights = self._folder(name) / WEIGHTS
        created = int(weights.stat().st_mtime) if weights.is_file() else 0
        return {"id": name, "object": "model", "created": created, "owned_by": "seqchat"}

    def complete(self, body: Any) -> Json | Iterator[Json]:
        """Return continuations of texts, as one object or, where a stream is asked for, as several.

        Raises:
            RequestError: the request cannot be answered.
        """
        return self._written(dialect.completion(body), chat=False)

    def reply(self, body: Any) -> Json | Iterator[Json]:
        """Return the next turn of a conversation, like `complete`.

        Raises:
            RequestError: the request cannot be answered.
        """
        return self._written(dialect.conversation(body), chat=True)

    def _written(self, asked: Asked, *, chat: bool) -> Json | Iterator[Json]:
        name = asked.model or self.models[0]
        self._folder(name)
        try:
            writer = writing.Writer(self._engine(name), asked, chat=chat)
        except SeqchatError as error:
            raise RequestError(500, str(error)) from error
        identity = f"{'chatcmpl' if chat else 'cmpl'}-{secrets.token_hex(12)}"
        if asked.stream:
            return writing.streamed(writer, name, identity, counts=asked.counts)
        return writing.whole(writer, name, identity)

    def _folder(self, name: str) -> Path:
        folder = self._folders.get(name)
        if folder is None:
            known = ", ".join(self._folders)
            message = f"There is no model {quoted(name)}; the models are {known}."
            raise RequestError(404, message, "model_not_found", "model")
        return folder

    def _engine(self, name: str) -> Engine:
        loading = self._loading
        engine = self._engines.engine(str(self._folders[name]), loading.precision, loading.lexicon)
        engine.use_script(loading.script)
        return engine


Answer = Callable[[Api, Any], Json | Iterator[Json]]
# What is answered to GET and POST of a path
GETS: dict[str, Callable[[Api], Json]] = {"/v1/models": Api.listed}
POSTS: dict[str, Answer] = {"/v1/completions": Api.complete, "/v1/chat/completions": Api.reply}
