"""``seqchat tui``: the app."""

from __future__ import annotations

import sys

import click

from seqchat.errors import SeqchatError
from seqchat.model.shelf import DEFAULT_MODEL, find


@click.command(short_help="Open the app: type with suggestions and watch the gates.")
@click.argument("model", default=DEFAULT_MODEL)
@click.option("--remember", is_flag=True, help="Expect what you wrote in earlier sessions, and keep what you write.")
def tui(model: str, remember: bool) -> None:
    """Open the app with MODEL, a name or a directory; without one, the shipped model.

    \b
    seqchat tui
    seqchat tui checkpoints/my-chats
    """
    find(model)
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise SeqchatError("The app needs a terminal; 'seqchat complete' works with files and pipes.")

    from seqchat.completion import remembered
    from seqchat.tui.app import SeqchatApp

    app = SeqchatApp(model, remembered.load() if remember else ())
    app.run()
    if remember:
        remembered.add([app.written])
