"""``seqchat forget``: remove what was kept of your writing."""

from __future__ import annotations

import click


@click.command(short_help="Remove what seqchat kept of your writing.")
def forget() -> None:
    """Remove the words that the app learned, what '--remember' kept of your writing, and the saved sessions of the app.

    The session of an open app and the models that you trained stay.

    \b
    seqchat forget
    """
    from seqchat import locations
    from seqchat.completion import remembered
    from seqchat.completion.habit_file import HabitFile
    from seqchat.tui import session
    from seqchat.wording import counted, listed

    locations.command_use().unlink(missing_ok=True)
    counts = {
        "word": HabitFile().remove(),
        "text": remembered.forget(),
        "session": session.forget(locations.sessions()),
    }
    parts = [counted(count, noun) for noun, count in counts.items() if count]
    click.echo(f"Forgot {listed(parts)}." if parts else "Nothing was remembered.")
