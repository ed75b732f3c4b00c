"""The requests of the completions and chat completions dialect: JSON of other programs → what is asked for, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqchat.completion.sampling import Sampling
from seqchat.errors import SeqchatError, quoted

# What one request may ask for: words of each text, texts, and texts after which one ends
MAX_WORDS, MAX_TEXTS, MAX_STOPS = 1_000, 16, 8
# What programs that ask for nothing else expect
_COMPLETION_WORDS, _REPLY_WORDS = 16, 60

_SPOKEN = ("user", "assistant", "tool", "function")
_INSTRUCTIONS = ("system", "developer")


class RequestError(Exception):
    """A request that cannot be answered: the HTTP status, and a sentence that says why."""

    def __init__(self, status: int, message: str, code: str | None = None, parameter: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.parameter = status, code, parameter

    def as_json(self) -> dict[str, Any]:
        """Return the error as the dialect writes it."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {"error": {"message": str(self), "type": kind, "param": self.parameter, "code": self.code}}


@dataclass(frozen=True)
class Asked:
    """What a request asks for.

    model: its name, empty for any; texts: prompts, or the turns of one conversation, oldest first; n: continuations of
    each; stops: texts before which a continuation ends; echo: whether the prompt comes before it; stream: word by word;
    counts: whether a stream ends with how many words there were.
    """

    model: str
    texts: list[str]
    n: int
    sampling: Sampling
    stops: list[str]
    echo: bool
    stream: bool
    counts: bool


def completion(body: Any) -> Asked:
    """Read the body of a request for completions.

    Raises:
        RequestError: it is not one.
    """
    fields = _fields(body)
    prompt = fields.get("prompt", "")
    texts = [prompt] if isinstance(prompt, str) else prompt
    if not _are_texts(texts) or not texts:
        raise _wrong("prompt", "is a text, or a list of texts")
    return _asked(fields, list(texts), len(texts), _COMPLETION_WORDS)


def conversation(body: Any) -> Asked:
    """Read the body of a request for a reply. Instructions (system) are left out: these models know only turns.

    Raises:
        RequestError: it is not one, or has no turn.
    """
    fields = _fields(body)
    messages = fields.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise _wrong("messages", "is a list of objects with 'role' and 'content'")
    turns = []
    for message in messages:
        role = message.get("role")
        if role not in (*_SPOKEN, *_INSTRUCTIONS):
            raise _wrong("messages", f"has the role {quoted(role)}; the roles are {', '.join(_SPOKEN + _INSTRUCTIONS)}")
        if role in _SPOKEN:
            turns.append(_content(message.get("content")))
    if not any(turn.strip() for turn in turns):
        raise _wrong("messages", "has no turn to reply to")
    return _asked(fields, turns, 1, _REPLY_WORDS)


def _content(content: Any) -> str:
    """Return the text of a message, of which some programs make a list of parts."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list):
        texts = [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
        if len(texts) == len(content):
            return " ".join(texts)
    raise _wrong("messages", "has a content that is no text")


def _asked(fields: Mapping[str, Any], texts: list[str], prompts: int, words: int) -> Asked:
    n = _whole(fields, "n", 1, 1, MAX_TEXTS)
    if n * prompts > MAX_TEXTS:
        raise _wrong("n", f"times the prompts is more than {MAX_TEXTS}")
    model = fields.get("model")
    if not isinstance(model, str | None):
        raise _wrong("model", "is a name")
    options = fields.get("stream_options")
    stream = _truth(fields, "stream")
    return Asked(
        model or "",
        texts,
        n,
        _sampling(fields, words),
        _stops(fields.get("stop")),
        _truth(fields, "echo"),
        stream,
        stream and isinstance(options, dict) and _truth(options, "include_usage"),
    )


def _sampling(fields: Mapping[str, Any], words: int) -> Sampling:
    default = Sampling()
    name = "max_completion_tokens" if fields.get("max_completion_tokens") is not None else "max_tokens"
    try:
        return Sampling(
            temperature=_number(fields, "temperature", default.temperature),
            top_k=_whole(fields, "top_k", default.top_k, 0, 1 << 31),
            top_p=_number(fields, "top_p", default.top_p),
            min_p=_number(fields, "min_p", default.min_p),
            repetition_penalty=_number(fields, "repetition_penalty", default.repetition_penalty),
            max_words=min(_whole(fields, name, words, 1, 1 << 31), MAX_WORDS),
            seed=None if fields.get("seed") is None else _whole(fields, "seed", 0, -1 << 63, (1 << 64) - 1),
        )
    except SeqchatError as error:
        raise RequestError(400, str(error)) from error


def _stops(value: Any) -> list[str]:
    stops = [value] if isinstance(value, str) else [] if value is None else value
    if not _are_texts(stops) or len(stops) > MAX_STOPS:
        raise _wrong("stop", f"is a text, or a list of at most {MAX_STOPS} texts")
    return [stop for stop in stops if stop]


def _fields(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise RequestError(400, "The body of a request is a JSON object.")
    return body


def _are_texts(value: Any) -> bool:
    return isinstance(value, Sequence) and all(isinstance(item, str) for item in value)


def _number(fields: Mapping[str, Any], name: str, default: float) -> float:
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(name, "is a number")
    return min(max(value, -1e9), 1e9)


def _whole(fields: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(name, f"is a whole number from {least:,} to {most:,}")
    return value


def _truth(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool | None):
        raise _wrong(name, "is true or false")
    return bool(value)


def _wrong(name: str, rule: str) -> RequestError:
    return RequestError(400, f"'{name}' {rule}.", parameter=name)
