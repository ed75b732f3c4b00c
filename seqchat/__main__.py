"""``python -m seqchat`` is the ``seqchat`` command."""

from seqchat.cli import main

if __name__ == "__main__":
    main()
