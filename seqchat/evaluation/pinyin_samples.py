"""Chinese phrases and sentences of dialogs with their pinyin: a sample that is spread evenly over the dialogs."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from random import Random

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.pinyin import letters_before
from seqchat.corpus.scripts import HAN
from seqchat.corpus.words import segmenter
from seqchat.evaluation.keystrokes import Dialogs, evenly, lines_of, lines_with_mask

# Characters, at least and at most
PHRASE_LENGTHS = (4, 9)
SENTENCE_LENGTHS = (4, 16)
SHORT_LENGTHS = (3, 8)
# Words of a short phrase, at least and at most
_SHORT_WORDS = (2, 6)

# Where a phrase or sentence begins and ends in a text
Span = tuple[int, int]
FindSpans = Callable[[str], Iterator[Span]]

_HAN_RUN = re.compile(f"[{HAN}]+")
_ENDS = r"。．.！!？?…～~"
_SENTENCE = re.compile(
    rf"(?:^|(?<=[{_ENDS}])) *(?P<sentence>[{HAN}]{{{SENTENCE_LENGTHS[0]},{SENTENCE_LENGTHS[1]}}}) *(?=[{_ENDS}]|$)",
    re.MULTILINE,
)
_SYLLABLE = re.compile("[a-z]+")


@dataclass(frozen=True)
class SpelledText:
    """A Chinese text to type.

    left: the text before it; text: its characters; syllables: what is typed of the pinyin of each character, ü as v.
    """

    left: str
    text: str
    syllables: tuple[str, ...]

    @property
    def letters(self) -> str:
        """All that is typed."""
        return "".join(self.syllables)


def phrase_spans(text: str) -> Iterator[Span]:
    """Yield phrases of 4 to 9 characters: runs of Chinese characters, longer ones cut at words.

    A run is cut from the left into pieces of as many of jieba's words as fit into 9 characters; pieces shorter than 4
    are left out. All models are given the same phrases, whatever their own words are.
    """
    for run in _HAN_RUN.finditer(text):
        yield from (span for span, _ in _pieces(run, PHRASE_LENGTHS[1]) if _fits(span, PHRASE_LENGTHS))


def short_phrase_spans(text: str) -> Iterator[Span]:
    """Yield phrases of 2 to 6 of jieba's words and 3 to 8 characters, cut from runs in the same way."""
    for run in _HAN_RUN.finditer(text):
        for span, words in _pieces(run, SHORT_LENGTHS[1], _SHORT_WORDS[1]):
            if words >= _SHORT_WORDS[0] and _fits(span, SHORT_LENGTHS):
                yield span


def _fits(span: Span, lengths: tuple[int, int]) -> bool:
    return lengths[0] <= span[1] - span[0] <= lengths[1]


def _pieces(run: re.Match[str], longest: int, most: int | None = None) -> Iterator[tuple[Span, int]]:
    """Cut a run of Chinese characters into pieces of whole words, as long as they may be; and yield how many these are.

    longest: how many characters; most: how many words.
    """
    start = end = run.start()
    words = 0
    for word in segmenter("auto").pieces(run[0]):
        if end + len(word) - start > longest or words == most:
            yield (start, end), words
            start, words = end, 0
        end += len(word)
        words += 1
    yield (start, end), words


def sentence_spans(text: str) -> Iterator[Span]:
    """Yield sentences of 4 to 16 Chinese characters and nothing else, without the sign that ends them."""
    for match in _SENTENCE.finditer(text):
        yield match.span("sentence")


def spell(left: str, text: str) -> SpelledText | None:
    """Return a text with pypinyin's reading of it as a whole; None if it has none, or if letters typed after `left`
    would be read together with it."""
    from pypinyin import Style, lazy_pinyin

    syllables = tuple(lazy_pinyin(text, style=Style.NORMAL, v_to_u=False))
    if len(syllables) != len(text) or not all(map(_SYLLABLE.fullmatch, syllables)):
        return None
    letters = letters_before(left + syllables[0][0])
    return SpelledText(left, text, syllables) if letters is not None and letters.typed == 1 else None


def abbreviated(text: SpelledText, rate: float) -> SpelledText:
    """Return a text of whose syllables a share is typed by the first letter alone, at least one of them.

    Each syllable is abbreviated with the probability `rate`; which ones depends on nothing but the text.
    """
    rng = Random(text.text)
    chosen = [rng.random() < rate for _ in text.syllables]
    if not any(chosen):
        chosen[rng.randrange(len(chosen))] = True
    typed = (syllable[0] if short else syllable for syllable, short in zip(text.syllables, chosen, strict=True))
    return replace(text, syllables=tuple(typed))


def sample(dialogs: Dialogs, find: FindSpans, count: int, *, context: bool = True) -> list[SpelledText]:
    """Return this many of the texts that `find` finds in each dialog, or all if there are fewer, in their order.

    One is taken from each dialog, spread evenly over all dialogs, then another from each, until there are enough; which
    ones depends on nothing but the dialogs. context: whether the dialog's text before them is `left`, or nothing.
    """
    chosen: list[tuple[int, Span]] = []
    others: list[tuple[int, Sequence[Span]]] = []
    for index in evenly(len(dialogs)):
        text = _text(dialogs[index])
        spans = [span for span in _measured(dialogs[index], find(text)) if _spelled(text, span, context)]
        if spans:
            first, *rest = (spans[place] for place in evenly(len(spans)))
            chosen.append((index, first))
            others.append((index, rest))
        if len(chosen) == count:
            break
    for number in range(max((len(rest) for _, rest in others), default=0)):
        chosen += [(index, rest[number]) for index, rest in others if number < len(rest)]
    return list(_texts(dialogs, sorted(chosen[:count]), context))


def _texts(dialogs: Dialogs, chosen: list[tuple[int, Span]], context: bool) -> Iterator[SpelledText]:
    for index, spans in groupby(chosen, key=lambda place: place[0]):
        text = _text(dialogs[index])
        for _, span in spans:
            spelled = _spelled(text, span, context)
            assert spelled is not None
            yield spelled


def _measured(dialog: Dialog, spans: Iterator[Span]) -> Iterator[Span]:
    """Yield the spans of a dialog's text that are not in turns which are only context."""
    if not dialog.learned:
        yield from spans
        return
    lines = lines_with_mask(dialog)
    ends = list(accumulate(len(line) + 1 for line, _ in lines))
    yield from (span for span in spans if lines[bisect_right(ends, span[0])][1])


def _text(dialog: Dialog) -> str:
    return "\n".join(lines_of(dialog))


def _spelled(text: str, span: Span, context: bool) -> SpelledText | None:
    start, end = span
    return spell(text[:start] if context else "", text[start:end])
