"""What a request of the dialect is answered with: texts, word by word, and the JSON around them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqchat.serving.dialect import Asked
from seqchat.serving.limits import ANSWER_SECONDS

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine

Json = dict[str, Any]


@dataclass(frozen=True)
class Piece:
    """What one of the texts goes on with, and why it ends: ``stop``, ``length``, or None as long as it does not."""

    index: int
    text: str
    finish: str | None


class Writer:
    """Writes the texts of one request, and counts words."""

    def __init__(self, engine: Engine, asked: Asked, *, chat: bool) -> None:
        """chat: whether the texts are turns, and what is written is the next one."""
        from seqchat.completion.chat import history

        self.chat = chat
        self._engine, self._asked = engine, asked
        self._prompts = [history(asked.texts)] if chat else asked.texts
        self.read = sum(len(engine.context.ids(prompt)) for prompt in self._prompts)
        self.written = 0

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of all texts, those of one prompt after those of another; all texts end."""
        ends = time.monotonic() + ANSWER_SECONDS
        for number, prompt in enumerate(self._prompts):
            yield from self._continued(prompt, number * self._asked.n, ends)

    def _continued(self, prompt: str, first: int, ends: float) -> Iterator[Piece]:
        from seqchat.completion.continuation import generate

        n = self._asked.n
        texts = [_Stopping(self._asked.stops) for _ in range(n)]
        if self._asked.echo:
            yield from (Piece(first + index, prompt, None) for index in range(n))
        for word in generate(self._engine, prompt, n, self._asked.sampling):
            text = texts[word.index]
            if text.finish is not None:
                continue
            self.written += 1
            ended = word.ended or time.monotonic() > ends
            safe = text.add(word.text, ("length" if word.text else "stop") if ended else None)
            if safe or text.finish is not None:
                yield Piece(first + word.index, safe, text.finish)
            if all(text.finish is not None for text in texts):
                return


class _Stopping:
    """A text that ends before any of some texts; what may be the beginning of one of them is held back."""

    def __init__(self, stops: Sequence[str]) -> None:
        self.finish: str | None = None
        self._stops, self._held = stops, ""

    def add(self, text: str, finish: str | None) -> str:
        """Add a piece, and why it is the last one; return what can be shown."""
        held = self._held + text
        found = [at for at in map(held.find, self._stops) if at >= 0]
        if found:
            self.finish = "stop"
            return held[: min(found)]
        if finish is not None:
            self.finish = finish
            return held
        kept = max((_overlap(held, stop) for stop in self._stops), default=0)
        self._held = held[len(held) - kept :]
        return held[: len(held) - kept]


def _overlap(text: str, stop: str) -> int:
    """Return how many characters at the end of a text begin the other."""
    return next((length for length in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:length])), 0)


def whole(writer: Writer, model: str, identity: str) -> Json:
    """Return the answer as one object."""
    texts: dict[int, str] = {}
    finishes: dict[int, str | None] = {}
    for piece in writer.pieces():
        texts[piece.index] = texts.get(piece.index, "") + piece.text
        finishes[piece.index] = piece.finish
    choices = [_choice(index, texts[index], finishes[index], _message, writer.chat) for index in sorted(texts)]
    kind = "chat.completion" if writer.chat else "text_completion"
    return _answer(kind, model, identity, choices, usage=_usage(writer))


def streamed(writer: Writer, model: str, identity: str, *, counts: bool) -> Iterator[Json]:
    """Yield the answer as objects that add to each other; counts: whether the last has the number of words."""
    kind = "chat.completion.chunk" if writer.chat else "text_completion"
    begun: set[int] = set()
    for piece in writer.pieces():
        if writer.chat and piece.index not in begun:
            begun.add(piece.index)
            first = _choice(piece.index, "", None, _first_delta, writer.chat)
            yield _answer(kind, model, identity, [first])
        if piece.text:
            yield _answer(kind, model, identity, [_choice(piece.index, piece.text, None, _delta, writer.chat)])
        if piece.finish:
            yield _answer(kind, model, identity, [_choice(piece.index, "", piece.finish, _no_delta, writer.chat)])
    if counts:
        yield _answer(kind, model, identity, [], usage=_usage(writer))


def _message(text: str) -> Json:
    return {"message": {"role": "assistant", "content": text}}


def _first_delta(_: str) -> Json:
    return {"delta": {"role": "assistant", "content": ""}}


def _delta(text: str) -> Json:
    return {"delta": {"content": text}}


def _no_delta(_: str) -> Json:
    return {"delta": {}}


def _choice(index: int, text: str, finish: str | None, said: Callable[[str], Json], chat: bool) -> Json:
    return {"index": index, **(said(text) if chat else {"text": text}), "logprobs": None, "finish_reason": finish}


def _usage(writer: Writer) -> Json:
    """Return how many words were read and written, which the dialect calls tokens."""
    total = writer.read + writer.written
    return {"prompt_tokens": writer.read, "completion_tokens": writer.written, "total_tokens": total}


def _answer(kind: str, model: str, identity: str, choices: list[Json], **more: Json) -> Json:
    return {"id": identity, "object": kind, "created": int(time.time()), "model": model, "choices": choices, **more}
