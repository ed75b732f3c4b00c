"""``seqchat forget``: remove what was kept of your writing."""

from __future__ import annotations

import click


@click.command(short_help="Remove what was kept of your writing.")
def forget() -> None:
    """Remove what '--remember' keeps of what you wrote, and the sessions that the app goes on with.

    The session of an app that is open stays, and so do models that were trained.

    \b
    seqchat forget
    """
    from seqchat import locations
    from seqchat.completion import remembered
    from seqchat.tui import session
    from seqchat.wording import counted

    counts = {"text": remembered.forget(), "session": session.forget(locations.sessions())}
    parts = [counted(count, noun) for noun, count in counts.items() if count]
    click.echo(f"Forgot {' and '.join(parts)}." if parts else "Nothing was remembered.")
