"""What Ctrl-C does while a command works: the first one asks it to come to an end, the second leaves at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def stop_on_interrupt(message: str, may_stop: Callable[[], bool] = lambda: True) -> Iterator[Callable[[], bool]]:
    """Give a function that says whether Ctrl-C was pressed.

    message: what the first one shows; may_stop: False as long as there is nothing to end in good order, so that the
    first one leaves at once.
    """
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        if asked or not may_stop():
            raise KeyboardInterrupt
        asked = True
        click.echo(f"\n{message}", err=True)

    previous = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, previous)
