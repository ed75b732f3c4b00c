"""What has to be known of a model and of texts, before its measures on them are believed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from seqchat.corpus.sources import public_name
from seqchat.errors import one_line
from seqchat.evaluation.texts import Text
from seqchat.wording import counted


def caveats(
    name: str, data: dict[str, Any], texts: Sequence[Text], drop: Sequence[str], *, held_out: bool
) -> Iterator[str]:
    """Yield a sentence for what makes a model look better, or other, than it is.

    data: what its checkpoint says about the data it has learned from; drop: with which options the texts were read;
    held_out: whether they are only the dialogs that its training kept for testing.
    """
    sources = data.get("sources")
    learned = [text for text in texts if isinstance(sources, list) and public_name(text.source) in sources]
    if learned and not held_out:
        yield (
            f"{name} has learned from {_names(learned)}, or a text of this name; on what it knows it looks better than "
            "it is, and --held-out measures it on what it has not seen"
        )
    unknown = [text for text in texts if text not in learned] if isinstance(sources, list) else []
    if unknown and held_out:
        taken, there = sum(text.dialogs for text in unknown), sum(text.segmented.stream.dialogs for text in unknown)
        left = f"{taken:,} of {counted(there, 'dialog')}"
        yield f"{name} has not learned from {_names(unknown)}; --held-out leaves {left}"
    dropped = data.get("drop")
    if learned and isinstance(dropped, list) and dropped != list(drop):
        options = " ".join(f"--drop {shlex.quote(str(pattern))}" for pattern in dropped) or "no --drop"
        yield one_line(f"{name} was trained with {options}; read in another way, a dialog is another")


def _names(texts: Sequence[Text]) -> str:
    return one_line(" and ".join(public_name(text.source) for text in texts))
