"""Failures that a person can act on, and how text from elsewhere is put into a message."""


class SeqchatError(Exception):
    """Something the user can fix; the message is one sentence that says what is wrong and how to fix it.

    The command line prints the message and exits with status 1, without a traceback.
    """


def one_line(text: object, most: int = 300) -> str:
    """Return a text for a message: printable, on one line, and cut if it is longer than `most`."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * most]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def quoted(value: object, most: int = 60) -> str:
    """Return a value of any kind for a message."""
    try:
        return one_line(repr(value), most)
    except (ValueError, RecursionError):  # a number of too many digits, or lists nested too deeply
        return "something too large to show"
