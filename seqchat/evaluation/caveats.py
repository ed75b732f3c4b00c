"""What has to be known of a model and of texts, before its measures on them are believed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from seqchat.corpus.sources import known_names, public_name
from seqchat.errors import one_line
from seqchat.evaluation.texts import Text
from seqchat.wording import counted


def caveats(
    name: str, data: dict[str, Any], texts: Sequence[Text], drop: Sequence[str], *, held_out: bool
) -> Iterator[str]:
    """Yield a sentence for what makes a model look better, or other, than it is.

    A model says by what names it knows its texts, and not what stood in them. data: what its checkpoint says about
    them; drop: with which options the texts were read; held_out: whether they are only the dialogs that its training
    kept for testing.
    """
    sources = data.get("sources")
    if not isinstance(sources, list):
        return
    among = [_is_among(text.source, sources) for text in texts]
    learned = [text for text, known in zip(texts, among, strict=True) if known]
    others = [text for text, known in zip(texts, among, strict=True) if not known]
    if learned and not held_out:
        yield (
            f"{name} learned from a text named {_names(learned)}; on what it knows it looks better than it is, and "
            "--held-out measures it on what it has not seen"
        )
    if others and held_out:
        taken, there = sum(text.dialogs for text in others), sum(text.segmented.stream.dialogs for text in others)
        left = f"{taken:,} of {counted(there, 'dialog')}"
        yield f"{name} names no {_names(others)} among the texts it learned from; --held-out leaves {left}"
    dropped = data.get("drop")
    if learned and isinstance(dropped, list) and dropped != list(drop):
        options = " ".join(f"--drop {shlex.quote(str(pattern))}" for pattern in dropped) or "no --drop"
        yield one_line(f"{name} was trained with {options}, and is measured on text read in another way")


def _is_among(source: str, learned: Sequence[Any]) -> bool:
    """Whether a text, or a folder it is in, has one of the names that a model learned from; these may be patterns."""
    return any(fnmatchcase(known, str(pattern)) for known in known_names(source) for pattern in learned)


def _names(texts: Sequence[Text]) -> str:
    return one_line(" and ".join(public_name(text.source) for text in texts))
