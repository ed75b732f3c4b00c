"""``seqchat lsp``: suggestions in editors."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import (
    double_pinyin_option,
    fuzzy_option,
    lexicon_option,
    model_option,
    precision_option,
    script_option,
)
from seqchat.errors import SeqchatError, one_line

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.model.output import Precision


@click.command(short_help="Suggest words in an editor, as a language server.")
@model_option
@click.option("-k", default=9, show_default=True, type=click.IntRange(min=1, max=100), help="How many suggestions.")
@click.option("--pinyin/--no-pinyin", default=True, help="Read Latin letters as pinyin too.")
@fuzzy_option
@double_pinyin_option
@click.option("--remember", is_flag=True, help="Use what 'tui' has learned, and what --remember keeps.")
@lexicon_option
@script_option
@precision_option
@click.option("--stdio", is_flag=True, expose_value=False, hidden=True, help="What some editors add; it is so anyway.")
def lsp(
    model: str,
    k: int,
    pinyin: bool,
    fuzzy: tuple[str, ...],
    double_pinyin: str | None,
    remember: bool,
    lexicon: str | None,
    script: str,
    precision: Precision,
) -> None:
    """Speak the language server protocol on standard input and output; an editor starts this.

    It offers the next words, the rest of half-typed ones and what pinyin means, as completion, and grey text where
    the editor has inline completion. docs/editors.md says how to set up Neovim, Helix, Emacs, VS Code and Kate.

    \b
    seqchat lsp
    seqchat lsp -m me --fuzzy zh/z
    """
    try:
        import pygls  # noqa: F401
    except ImportError:
        raise SeqchatError("The language server needs pygls: pip install 'seqchat[lsp]'.") from None
    from seqchat.model.model_registry import describe

    describe(model)
    _log_in_lines()
    from seqchat.completion import remembered
    from seqchat.corpus.spelling import Spelling
    from seqchat.serving.lsp.server import language_server
    from seqchat.serving.lsp.suggesting import Choice

    choice = Choice(k, pinyin, remembered.load() if remember else ())
    spelling = Spelling(fuzzy=frozenset(fuzzy), layout=double_pinyin or "")

    def load() -> Engine:
        from seqchat.completion.engine import Engine
        from seqchat.completion.habit_file import HabitFile

        engine = Engine.load(model, precision, lexicon)
        engine.use_script(script)
        engine.spell(spelling)
        _ = engine.vocabulary.pinyin
        if remember:
            for habit in HabitFile().load().habits:
                choice.habits.add(habit)
        return engine

    language_server(load, choice).start_io()


class _Line(logging.Formatter):
    """A line for each mistake of an editor, without a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        reason = f" ({type(error).__name__}: {one_line(error)})" if error else ""
        # What follows the first line is a traceback as well.
        said = record.getMessage().partition("\n")[0]
        return f"seqchat: {one_line(said)}{reason}"


def _has_reader(record: logging.LogRecord) -> bool:
    """Whether an editor may still read the log: answers to one that is gone are no mistake."""
    return record.exc_info is None or not isinstance(record.exc_info[1], BrokenPipeError)


def _log_in_lines() -> None:
    """Write what goes wrong to standard error, which editors show as the log of a server."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    handler.addFilter(_has_reader)
    logging.basicConfig(level=logging.ERROR, handlers=[handler])
