"""What to know about a model and the texts it is evaluated on, before the results are believed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from seqchat.corpus.source_files import known_names, public_name
from seqchat.errors import one_line
from seqchat.evaluation.texts import EvaluationText
from seqchat.wording import counted


def caveats(
    name: str,
    data: dict[str, Any],
    texts: Sequence[EvaluationText],
    drop: Sequence[str],
    speakers: Sequence[str] = (),
    *,
    held_out: bool,
) -> Iterator[str]:
    """Yield a sentence for each reason why a model may look better, or different, than it is.

    A checkpoint records the names of the texts it learned from, not their content. data: what the checkpoint says about
    its data; drop, speakers: the options with which the texts were read; held_out: whether only the dialogs that its
    training kept for testing are evaluated.
    """
    yield from _speaker_caveat(name, data.get("speakers"), list(speakers))
    sources, base = data.get("sources"), data.get("base")
    if not isinstance(sources, list):
        return
    if isinstance(base, dict) and isinstance(base.get("sources"), list):
        sources = [*sources, *base["sources"]]
    learned, others = _divide(texts, sources)
    if learned and not held_out:
        yield (
            f"{name} learned from a text named {_names(learned)}, so it looks better than it is; "
            "--held-out evaluates it on dialogs it has not seen"
        )
    if others and held_out:
        yield _unknown_caveat(name, others)
    if learned:
        yield from _drop_caveat(name, data.get("drop"), list(drop))


def _speaker_caveat(name: str, learned: Any, measured: list[str]) -> Iterator[str]:
    """Yield a caveat if a model writes as other people than those who are measured."""
    if isinstance(learned, list) and learned and not measured:
        options = " ".join(f"--speaker {shlex.quote(str(person))}" for person in learned)
        yield one_line(
            f"{name} learned to write as one side of a chat, but is measured on all; count that with {options}"
        )


def _drop_caveat(name: str, trained: Any, evaluated: list[str]) -> Iterator[str]:
    """Yield a caveat if other --drop options were used in training, as far as the checkpoint says."""
    if isinstance(trained, list) and trained != evaluated:
        options = " ".join(f"--drop {shlex.quote(str(pattern))}" for pattern in trained) or "no --drop"
        yield one_line(f"{name} was trained with {options}, but is evaluated on text that was read differently")


def _unknown_caveat(name: str, texts: Sequence[EvaluationText]) -> str:
    """Return the caveat for texts the model did not learn from, with --held-out."""
    selected = sum(text.dialogs for text in texts)
    total = sum(text.segmented.stream.dialogs for text in texts)
    left = f"{selected:,} of {counted(total, 'dialog')}"
    return f"{name} names no {_names(texts)} among the texts it learned from; --held-out leaves {left}"


def _divide(
    texts: Sequence[EvaluationText], sources: Sequence[Any]
) -> tuple[list[EvaluationText], list[EvaluationText]]:
    """Return the texts that a model learned from, and the others."""
    learned: list[EvaluationText] = []
    others: list[EvaluationText] = []
    for text in texts:
        (learned if _is_among(text.source, sources) else others).append(text)
    return learned, others


def _is_among(source: str, learned: Sequence[Any]) -> bool:
    """Whether a text, or a folder it is in, is among the names of texts learned from, which may be patterns."""
    return any(fnmatchcase(known, str(pattern)) for known in known_names(source) for pattern in learned)


def _names(texts: Sequence[EvaluationText]) -> str:
    return one_line(" and ".join(public_name(text.source) for text in texts))
