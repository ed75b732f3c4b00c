"""Words of a text that are replaced by others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from seqchat.completion.context import readable, turns
from seqchat.corpus.cleaning import GLUE, clean
from seqchat.corpus.vocabulary import DIALOG_ID, Vocabulary
from seqchat.errors import SeqchatError

_SWAP = re.compile(r"(?P<old>.+?)=(?P<new>.+?)(?:@(?P<at>\d+))?", re.DOTALL)
# How many words a message lists if one is not found.
_LISTED = 40


@dataclass(frozen=True)
class Swap:
    """A word of the text and what is read instead: at every occurrence, or only at the position `at`.

    Both may be several of the network's words in a row, as is a word outside the vocabulary. Positions are counted as
    in `GateHold`.

    Raises:
        SeqchatError: one of the two is empty, or has a line break.
    """

    old: str
    new: str
    at: int | None = None

    def __post_init__(self) -> None:
        for name in ("old", "new"):
            word = clean(getattr(self, name)).strip()
            if not word or "\n" in word:
                raise SeqchatError(f"A swap has a word on each side, not {getattr(self, name)!r}.")
            object.__setattr__(self, name, word)

    @classmethod
    def parse(cls, text: str) -> Swap:
        """Read ``old=new``, optionally ``@position``.

        Raises:
            SeqchatError: it is written otherwise.
        """
        match = _SWAP.fullmatch(text.strip())
        if match is None:
            raise SeqchatError(
                f"{text!r} is not a swap; write old=new, such as 小帅=小美, or old=new@position for one of several."
            )
        return cls(match["old"], match["new"], None if match["at"] is None else int(match["at"]))


def fallback_tokens(vocabulary: Vocabulary, word: str) -> list[str]:
    """Return the words that a network reads for `word`: itself, or its substitutes."""
    pieces = _pieces_of(vocabulary, word.removeprefix(GLUE))
    ids = vocabulary.encode(_mark(vocabulary, pieces))
    return [vocabulary.words[word_id].removeprefix(GLUE) for word_id in ids]


def substitutes(vocabulary: Vocabulary, words: Sequence[str]) -> dict[str, list[str]]:
    missing = [word for word in dict.fromkeys(words) if word != "\n" and word not in vocabulary]
    return {word.removeprefix(GLUE): fallback_tokens(vocabulary, word) for word in missing}


def words_of(vocabulary: Vocabulary, text: str) -> list[str]:
    """Cut a text into words as the engine's context does; a line break is the end of a turn."""
    finished, current = turns(readable(text))
    words: list[str] = []
    for turn in finished:
        words += [*vocabulary.segmenter.split(turn), "\n"]
    return words + vocabulary.segmenter.split(current)


def tokens_of(vocabulary: Vocabulary, words: Sequence[str]) -> list[str]:
    """Return the words that the network reads; those outside the vocabulary are spelled."""
    return [t for word in words for t in ([word] if word in vocabulary else vocabulary.segmenter.spell(word))]


def swapped(vocabulary: Vocabulary, tokens: list[str], swaps: Sequence[Swap]) -> tuple[list[int], list[int], list[int]]:
    """Return the changed ids, and the origins of the changed and of the untouched ids, the start of the dialog first.

    An id's origin is the position of the untouched word that it is, or the first position of those that were swapped.
    """
    pieces, positions = _pieces(vocabulary, tokens)
    own = list(range(len(tokens) + 1))
    changed: list[str] = []
    origins: list[int] = []
    missing = set(swaps)
    at = 0
    while at < len(pieces):
        swap, end = _found(pieces, at, positions[at], swaps)
        new = pieces[at:end] if swap is None else _pieces_of(vocabulary, swap.new)
        changed += new
        origins += [positions[at]] * len(new)
        if swap is not None:
            missing.discard(swap)
            own[positions[at] : positions[end - 1] + 1] = [positions[at]] * (positions[end - 1] + 1 - positions[at])
        at = end
    for swap in swaps:
        if swap in missing:
            raise SeqchatError(_not_there(pieces, positions, swap))
    ids, new_origins = _encode(vocabulary, changed, origins)
    return [DIALOG_ID, *ids], [0, *new_origins], own


def _pieces(vocabulary: Vocabulary, tokens: list[str]) -> tuple[list[str], list[int]]:
    """Return the strings that make up a text, and the position of each; a space has the position of the word after
    it."""
    pieces: list[str] = []
    positions: list[int] = []
    for position, (left, token) in enumerate(zip(["", *tokens], tokens, strict=False), 1):
        surface = vocabulary.segmenter.surface(token, left)
        parts = [" ", surface[1:]] if surface.startswith(" ") and surface != " " else [surface]
        pieces += parts
        positions += [position] * len(parts)
    return pieces, positions


def _pieces_of(vocabulary: Vocabulary, word: str) -> list[str]:
    return [word] if word in vocabulary else list(vocabulary.segmenter.pieces(word))


def _mark(vocabulary: Vocabulary, pieces: list[str]) -> list[str]:
    """Return the words of a text that is already cut: implied spaces are left out, others marked."""
    return vocabulary.segmenter._replace(pieces=lambda _: pieces).split("")


def _encode(vocabulary: Vocabulary, pieces: list[str], origins: list[int]) -> tuple[list[int], list[int]]:
    """Return the ids of pieces, and the origin of each id."""
    words = _mark(vocabulary, pieces)
    ids: list[int] = []
    ids_origins: list[int] = []
    done = 0
    for piece, origin in zip(pieces, origins, strict=True):
        # A piece that is not the next word is a space that the words imply.
        if done < len(words) and words[done].removeprefix(GLUE) == piece:
            found = vocabulary.encode_word(words[done])
            ids += found
            ids_origins += [origin] * len(found)
            done += 1
    return ids, ids_origins


def _found(pieces: list[str], start: int, position: int, swaps: Sequence[Swap]) -> tuple[Swap | None, int]:
    """Return the first swap whose old word begins with a piece, and where it ends."""
    for swap in swaps:
        if swap.at in (None, position) and (end := _end(pieces, start, swap.old)):
            return swap, end
    return None, start + 1


def _end(pieces: list[str], start: int, old: str) -> int:
    """Return where a word ends that begins with a piece, or 0 if it is another word."""
    rest = old
    for end in range(start, len(pieces)):
        if not rest.startswith(pieces[end]):
            return 0
        rest = rest[len(pieces[end]) :]
        if not rest:
            return end + 1
    return 0


def _not_there(pieces: list[str], positions: list[int], swap: Swap) -> str:
    found = [str(positions[at]) for at in range(len(pieces)) if _end(pieces, at, swap.old)]
    if found and swap.at is None:
        return f"Every {swap.old!r} is already replaced by another swap."
    if found:
        return f"{swap.old!r} is not at position {swap.at}; it is at {', '.join(found)}."
    words = list(dict.fromkeys(piece for piece in pieces if not piece.isspace()))
    more = f" and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
    return f"{swap.old!r} is not a word of the text; its words are {' '.join(words[:_LISTED])}{more}."


def pairs_of(untouched: list[int], changed: list[int]) -> list[tuple[int, int]]:
    """Return which positions of two runs belong together; those of one origin are matched from the last one
    backwards."""
    there: dict[int, list[int]] = defaultdict(list)
    for position, origin in enumerate(untouched):
        there[origin].append(position)
    pairs: list[tuple[int, int]] = []
    for position in range(len(changed) - 1, -1, -1):
        if there[changed[position]]:
            pairs.append((there[changed[position]].pop(), position))
    return pairs[::-1]
