"""Data sets of the Hugging Face hub as records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from seqchat.corpus.records import Record, first_line
from seqchat.corpus.source_names import SAMPLE
from seqchat.errors import SeqchatError


def load_hub(name: str, **options: Any) -> Any:
    """Return a data set of the hub, a table a split.

    Raises:
        SeqchatError: it cannot be loaded.
    """
    with _hub_errors(name):
        import datasets

        datasets.disable_progress_bars()
        return datasets.load_dataset(name, **options)


def hub_records(name: str, streaming: bool) -> Iterator[Record]:
    """Yield the rows of a data set of the hub."""
    splits = load_hub(name, streaming=True) if streaming else load_hub(name)
    # The length of a stream is unknown.
    whole = 0 if streaming else sum(len(rows) for rows in splits.values())
    read = 0
    with _hub_errors(name):
        for split, rows in splits.items():
            for number, row in enumerate(rows, 1):
                read += 1
                yield Record(f"{name}[{split}] {number}", row, share=read / whole if whole else 0.0)


@contextmanager
def _hub_errors(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the library raises many kinds, from several packages
        raise SeqchatError(
            f"The data set {name} could not be loaded ({first_line(error)}); name a file of your own, "
            f"train on '{SAMPLE}', or go online and try again."
        ) from error
