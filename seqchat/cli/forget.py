"""``seqchat forget``: remove what was remembered."""

from __future__ import annotations

import click


@click.command(short_help="Remove what was remembered of your writing.")
def forget() -> None:
    """Remove the file in which '--remember' keeps what you wrote."""
    from seqchat.completion import remembered

    texts = remembered.forget()
    click.echo(f"Forgot {texts:,} {'text' if texts == 1 else 'texts'}." if texts else "Nothing was remembered.")
