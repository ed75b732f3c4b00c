"""Chat: a conversation so far, and the reply to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from seqchat.completion.continuation import generate
from seqchat.completion.engine import Engine
from seqchat.completion.sampling import Sampling
from seqchat.corpus.cleaning import clean

# A reply is longer than a continuation.
REPLY = Sampling(max_words=60)


def reply(engine: Engine, turns: Sequence[str], sampling: Sampling = REPLY) -> Iterator[str]:
    """Yield the reply to the turns of a conversation, oldest first, word by word until its turn ends.

    A line break within a turn counts as a space. If a conversation is longer than `MAX_CHARACTERS`, only its end is
    read.
    """
    for word in generate(engine, history(turns), 1, replace(sampling, stop="turn")):
        if word.text:
            yield word.text


def history(turns: Sequence[str]) -> str:
    """Return the text of a conversation's turns, each a line, after which the next turn begins."""
    lines = (" ".join(clean(turn).split()) for turn in turns)
    return "".join(f"{line}\n" for line in lines if line)
