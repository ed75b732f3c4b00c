"""What a request to the language server costs: text is typed key by key, and each key is a change and a request.

    python tests/benchmarks/lsp.py
    python tests/benchmarks/lsp.py rnn-chat --keys 20

`seqchat lsp` runs in a process of its own, and is spoken to over its standard input and output, as by an editor. Times
are from a change to the list that answers it: what the editor waits, and the processor time of the server, all its
threads, in which other programs on the machine count little. What it does between two keys, when it rests, is not part
of them. Documents have the cursor in their middle.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from typing import IO, Any, NamedTuple

import click
import numpy as np
from phrases import ENGLISH, PHRASES

from seqchat.corpus.readings import readings
from seqchat.corpus.source_names import SAMPLE
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.words import segmenter
from seqchat.evaluation.latency import Percentiles

_URI = "file:///diary.md"
# The clock of another process (clock_getcpuclockid of POSIX, as Linux numbers it)
_CPUCLOCK_SCHED = 2
# A process rests that takes less of the processor in a pause than this, in seconds.
_PAUSE_SECONDS, _RESTS_BELOW = 0.06, 0.0005


class Key(NamedTuple):
    """What one key does at the cursor: so many characters before it are removed, and a text is put there."""

    removed: int
    text: str


class Server:
    """A language server in a process of its own."""

    def __init__(self, model: str) -> None:
        command = [sys.executable, "-m", "seqchat", "lsp", "-m", model]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin and self._process.stdout
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        self._clock = (~self._process.pid << 3) | _CPUCLOCK_SCHED
        inline = {"textDocument": {"inlineCompletion": {}}}
        self.ask("initialize", processId=None, rootUri=None, capabilities=inline)
        self.tell("initialized")

    def processor_seconds(self) -> float:
        """Return what the process has taken of the processor."""
        return time.clock_gettime(self._clock)

    def rests(self) -> float:
        """Wait until the process has nothing to do, and return what it has taken until then."""
        before, now = -1.0, self.processor_seconds()
        while now - before > _RESTS_BELOW:
            time.sleep(_PAUSE_SECONDS)
            before, now = now, self.processor_seconds()
        return now

    def tell(self, method: str, **params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request; return its result."""
        self._send({"id": 1, "method": method, "params": params})
        while True:
            answer = self._receive()
            if "error" in answer:
                raise click.ClickException(str(answer["error"]))
            if "result" in answer:
                return answer["result"]

    def end(self) -> None:
        """End the process as an editor does."""
        self.ask("shutdown")
        self.tell("exit")
        self._process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._to.flush()

    def _receive(self) -> dict[str, Any]:
        length = 0
        while line := self._from.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not length:
            raise click.ClickException("The server has ended.")
        answer: dict[str, Any] = json.loads(self._from.read(length))
        return answer


class Typing:
    """A document that is open in a server, and typed into."""

    def __init__(self, server: Server, text: str, line: int, column: int) -> None:
        self._server, self._line, self._column = server, line, column
        self._versions = iter(range(2, sys.maxsize))
        document = {"uri": _URI, "languageId": "markdown", "version": 1, "text": text}
        server.tell("textDocument/didOpen", textDocument=document)

    def press(self, key: Key) -> None:
        """Change the document."""
        start = {"line": self._line, "character": self._column - key.removed}
        change = {"range": {"start": start, "end": self._position()}, "text": key.text}
        document = {"uri": _URI, "version": next(self._versions)}
        self._server.tell("textDocument/didChange", textDocument=document, contentChanges=[change])
        self._column += len(key.text) - key.removed
        if key.text == "\n":
            self._line, self._column = self._line + 1, 0

    def list(self) -> Any:
        """Ask for a list of suggestions."""
        return self._ask("completion", triggerKind=1)["items"]

    def grey(self) -> Any:
        """Ask for grey text."""
        return self._ask("inlineCompletion", triggerKind=2)["items"]

    def _ask(self, what: str, **context: Any) -> Any:
        where = {"textDocument": {"uri": _URI}, "position": self._position()}
        return self._server.ask(f"textDocument/{what}", **where, context=context)

    def _position(self) -> dict[str, int]:
        return {"line": self._line, "character": self._column}


def _messages() -> Iterator[str]:
    """Yield messages that come with seqchat, again and again."""
    return cycle([turn for dialog in read_dialogs([SAMPLE]) for turn in dialog.turns])


def _words() -> Iterator[Key]:
    """Yield keys of an input method, which inserts a word at a time."""
    cut = segmenter("auto").split
    for message in _messages():
        yield from (Key(0, word) for word in cut(message) if word.strip())
        yield Key(0, "\n")


def _letters(texts: Iterator[str]) -> Iterator[Key]:
    """Yield keys of a text that is typed as it is."""
    for text in texts:
        yield from (Key(0, character) for character in text)
        yield Key(0, "\n")


def _pinyin(phrases: Iterator[str], longest: int) -> Iterator[Key]:
    """Yield keys of phrases whose letters are typed, and then replaced; longest: letters at most."""
    for phrase in phrases:
        letters = "".join(readings([phrase])[0][0].syllables)[:longest]
        yield from (Key(0, letter) for letter in letters)
        yield Key(len(letters), phrase)


def _chinese_words() -> Iterator[str]:
    cut = segmenter("auto").split
    return cycle([word for phrase in PHRASES for word in cut(phrase)])


# Keys of each kind, without end
_KINDS = {
    "next words": _words,
    "half-typed words": lambda: _letters(cycle(ENGLISH)),
    "pinyin, word by word": lambda: _pinyin(_chinese_words(), 20),
    "pinyin, up to 20 letters": lambda: _pinyin(cycle(PHRASES), 20),
}


def document(characters: int, *, lines: bool) -> tuple[str, int, int]:
    """Return a text of about so many characters, and the place in its middle: line and UTF-16 column."""
    half: list[str] = []
    length = 0
    for message in _messages():
        if length >= characters // 2:
            break
        half.append(message)
        length += len(message) + 1
    separator = "\n" if lines else "，"
    before, after = (separator.join(half) + separator for _ in range(2))
    column = 0 if lines else len(before.encode("utf-16-le")) // 2
    return before + after, before.count("\n"), column


_DOCUMENTS = {
    "empty": lambda: ("", 0, 0),
    "100,000 characters": lambda: document(100_000, lines=True),
    "1,000,000 characters": lambda: document(1_000_000, lines=True),
    "1,000,000 characters in one line": lambda: document(1_000_000, lines=False),
}


def measure(server: Server, text: tuple[str, int, int], keys: list[Key], *, grey: bool) -> list[tuple[float, float]]:
    """Type into a document; return the seconds of each change and its answer, waited and of the processor."""
    typing = Typing(server, *text)
    ask = typing.grey if grey else typing.list
    # The first answer waits for the model.
    ask()
    seconds = []
    for key in keys:
        taken, began = server.rests(), time.perf_counter()
        typing.press(key)
        ask()
        seconds.append((time.perf_counter() - began, server.processor_seconds() - taken))
    return seconds


@click.command()
@click.argument("model", required=False, default="lstm-chat")
@click.option("--keys", default=250, show_default=True, help="How many keys of each kind are typed.")
@click.option("--times", default=3, show_default=True, help="How often; the shortest time of each key counts.")
def main(model: str, keys: int, times: int) -> None:
    """Type and print a table."""
    server = Server(model)
    click.echo("| document | typed | requests | median | 99th percentile | most | processor: median | most |")
    click.echo("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, make in _DOCUMENTS.items():
        text = make()
        for kind, typed in _KINDS.items():
            pressed = list(islice(typed(), keys))
            for grey in (False, True) if kind == "next words" else (False,):
                runs = [measure(server, text, pressed, grey=grey) for _ in range(times)]
                # Keys by seconds of the two kinds, each the shortest of all runs
                waited, taken = np.min(runs, axis=0).T.tolist()
                wait, work = Percentiles.of(waited), Percentiles.of(taken)
                click.echo(
                    f"| {name} | {kind}{', grey text' * grey} | {len(pressed)} | {wait.p50:.1f} ms | {wait.p99:.1f} ms "
                    f"| {1e3 * max(waited):.1f} ms | {work.p50:.1f} ms | {1e3 * max(taken):.1f} ms |"
                )
    server.end()


if __name__ == "__main__":
    main()
