"""``seqchat tui``: the app."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import lessons_option, lexicon_option
from seqchat.errors import SeqchatError
from seqchat.locations import LEXICON_VARIABLE, NAME_OF_NO_LEXICON
from seqchat.model.model_registry import find

if TYPE_CHECKING:
    from seqchat.lessons.lesson import Lesson
    from seqchat.tui.controllers.learning import Policy


@click.command(short_help="Open the app: type with suggestions and watch the gates.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--file", type=click.Path(path_type=Path), help="Open this text.")
@click.option("--fresh", is_flag=True, help="Do not continue the last session.")
@click.option("--remember", is_flag=True, help="Use what you wrote in earlier sessions, and remember this one.")
@click.option("--forget-on-exit", is_flag=True, help="Learn the words that you take only until the app ends.")
@lexicon_option
@click.option(
    "--script",
    type=click.Choice(["simplified", "traditional"]),
    help="Chinese characters: traditional ones are those of Taiwan.  [default: that of the settings]",
)
@click.option("--lang", type=click.Choice(["auto", "en", "zh"]), help="Language of the interface.")
@click.option("--inline", is_flag=True, help="Use a single line below the prompt; Enter prints it, Ctrl+C leaves.")
@click.option("--tour", is_flag=True, help="Start with the lessons, as 'seqchat tour' does.")
@lessons_option
@click.option("--web", is_flag=True, help="Serve the app to a browser (needs the extra seqchat[web]).")
@click.option("--host", default="localhost", show_default=True, help="With --web: the address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="With --web: the port.")
def tui(
    models: tuple[str, ...],
    file: Path | None,
    fresh: bool,
    remember: bool,
    forget_on_exit: bool,
    lexicon: str | None,
    script: str | None,
    lang: str | None,
    inline: bool,
    tour: bool,
    lessons: Path | None,
    web: bool,
    host: str,
    port: int,
) -> None:
    """Open the app with a MODEL, given by name or directory; the default is the model of the settings.

    Several models are shown side by side, on the same text.

    \b
    seqchat tui
    seqchat tui checkpoints/my-chats --file notes.txt
    seqchat tui rnn-chat lstm-chat-small gru-chat
    seqchat tui --tour --lessons lessons/
    seqchat tui --inline > line.txt
    seqchat tui --web --port 8080
    """
    for model in models:
        find(model)
    if lexicon:
        _choose(lexicon, web)
    if remember and forget_on_exit:
        raise click.UsageError("--remember and --forget-on-exit exclude each other.")
    for option, given in (("--tour", tour), ("--lessons", lessons is not None)):
        if given and inline:
            raise click.UsageError(f"--inline and {option} exclude each other.")
    own: Sequence[Lesson] = ()
    if lessons is not None:
        from seqchat.lessons.own import own_lessons

        own = own_lessons(lessons)
    if web:
        if inline:
            raise click.UsageError("--inline and --web exclude each other.")
        from seqchat.tui.web import serve

        serve(_arguments(), host, port)
        return
    check_terminal(inline)
    learning: Policy | None = "keep" if remember else "forget" if forget_on_exit else None
    open_app(
        models,
        file=file,
        fresh=fresh,
        learning=learning,
        remember=remember,
        lexicon=lexicon,
        script=script,
        lang=lang,
        inline=inline,
        tour=tour,
        lessons=own,
    )


def _choose(lexicon: str, web: bool) -> None:
    """Let every model that the app loads, and the app in a browser, use this lexicon."""
    from seqchat.corpus.lexicon_words import lexicons_of

    lexicons_of(Path(), lexicon)
    # The app has a setting for no lexicon, which may be changed while it runs.
    if lexicon != NAME_OF_NO_LEXICON or web:
        os.environ[LEXICON_VARIABLE] = lexicon


def _arguments() -> list[str]:
    """Return the arguments for the app in the browser: all but those for the server."""
    context = click.get_current_context()
    kept = [str(Path(model).resolve()) if Path(model).is_dir() else model for model in context.params["models"]]
    for name in ("fresh", "remember", "forget_on_exit", "tour"):
        kept += [f"--{name.replace('_', '-')}"] if context.params[name] else []
    for name in ("file", "lessons"):
        kept += [f"--{name}", str(context.params[name].resolve())] if context.params[name] else []
    kept += ["--script", context.params["script"]] if context.params["script"] else []
    kept += ["--lang", context.params["lang"]] if context.params["lang"] else []
    return kept


def check_terminal(inline: bool = False) -> None:
    """Refuse to draw where nobody sees it; the output of --inline may be a pipe."""
    if "TEXTUAL_DRIVER" in os.environ:
        return
    needed = [sys.stdin, sys.stderr] if inline else [sys.stdin, sys.stdout, sys.stderr]
    if not all(stream.isatty() for stream in needed):
        raise SeqchatError("The app needs a terminal; 'seqchat complete' works with files and pipes.")


def open_app(
    models: tuple[str, ...],
    *,
    file: Path | None = None,
    fresh: bool = False,
    learning: Policy | None = None,
    remember: bool = False,
    lexicon: str | None = None,
    script: str | None = None,
    lang: str | None = None,
    inline: bool = False,
    tour: bool = False,
    lessons: Sequence[Lesson] = (),
) -> None:
    """Run the app in this terminal until it is left; lessons: those that follow the built-in ones."""
    from seqchat import heap, locations

    # Until the models are loaded
    heap.pause_collection()
    from seqchat.completion import remembered
    from seqchat.tui import settings
    from seqchat.tui.app import SeqchatApp

    chosen, problems = settings.load(locations.settings())
    if lang:
        chosen = chosen.changed("language", lang)
    if script:
        chosen = chosen.changed("script", script)
    if named := lexicon or os.environ.get(LEXICON_VARIABLE):
        chosen = chosen.changed("lexicon", named != NAME_OF_NO_LEXICON)
    texts = remembered.load() if remember else ()
    app = SeqchatApp(
        models,
        texts,
        chosen=chosen,
        problems=problems,
        learning=learning,
        fresh=fresh,
        file=file,
        inline=inline,
        tour=tour,
        lessons=lessons,
    )
    piped = sys.__stdout__
    if inline and not sys.stdout.isatty():
        sys.__stdout__ = sys.__stderr__  # type: ignore[misc]
    try:
        # Python asks this stream how large the terminal is.
        line = app.run(inline=inline)
    finally:
        sys.__stdout__ = piped  # type: ignore[misc]
        app.workspace.models.worker.join()
    if app.crash is not None:
        click.echo("The app stopped. Your text was saved; the next start offers it.", err=True)
        raise app.crash
    if inline and line is None:
        raise SystemExit(1)
    if inline:
        click.echo(line)
    if remember:
        remembered.add([line or app.sessions.text])
