"""The ``seqchat`` command, also as ``python -m seqchat``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; with --fast, in the resident engine if that can do it."""
    if "--fast" in sys.argv and "--debug" not in sys.argv:
        from seqchat.serving import client

        status = client.run(sys.argv[1:])
        if status is not None:
            sys.exit(status)
    from seqchat.cli import main as run_here

    run_here()


if __name__ == "__main__":
    main()
