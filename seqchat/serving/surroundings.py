"""Where a command gets its engine and its lines of input, and where it prints: this process, or a client's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.corpus.spelling import Spelling
    from seqchat.model.output import Precision


class Surroundings:
    """Those of a command that runs in a process of its own."""

    def engine(
        self,
        model: str,
        precision: Precision = "auto",
        lexicon: str | None = None,
        spelling: Spelling | None = None,
    ) -> Engine:
        """Return an engine that nobody else works with; spelling: how it reads letters.

        Raises:
            SeqchatError: as for `Engine.load`.
        """
        from seqchat import heap

        # PyTorch is imported meanwhile too.
        heap.pause_collection()
        from seqchat.completion.engine import Engine

        engine = Engine.load(model, precision, lexicon)
        heap.resume_collection()
        if spelling is not None:
            engine.spell(spelling)
        return engine

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of standard input."""
        return iter(sys.stdin.buffer)

    def echo(self, text: str = "", *, nl: bool = True, err: bool = False) -> None:
        """Print a text at once, on standard output or standard error; a terminal shows its styles."""
        click.echo(text, nl=nl, err=err)


HERE = Surroundings()


def surroundings() -> Surroundings:
    """Return those of the command that runs in this thread."""
    context = click.get_current_context(silent=True)
    found = None if context is None else context.find_object(Surroundings)
    return HERE if found is None else found
