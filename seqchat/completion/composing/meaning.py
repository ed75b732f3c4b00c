"""What open letters mean, Latin or pinyin, and the candidates for them: whole phrases first, then parts."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import torch

from seqchat.completion.composing.keys import Answer
from seqchat.completion.composing.literal import PRICES
from seqchat.completion.composing.parts import first_parts
from seqchat.completion.context import readable_right
from seqchat.completion.cursor import Cursor
from seqchat.completion.engine import Engine
from seqchat.completion.foreign_words import foreign_words
from seqchat.completion.letter_spans import is_name, letter_spans
from seqchat.completion.phrase import beginnings_if_cut, beginnings_of
from seqchat.completion.prediction import logsumexp
from seqchat.completion.reading import Reading, read_tail
from seqchat.completion.suggestion import Scored, Suggestion, best_insertions, in_script, score
from seqchat.completion.worth import is_pinyin, worthwhile
from seqchat.corpus.letters import is_pinyin_letter
from seqchat.corpus.pinyin import Letters, read_letters, typed_end
from seqchat.corpus.verbatim import is_command, is_secret

# Of phrases of several words, and of all candidates for all of the letters where there are parts of them as well
_PHRASES, _WHOLE = 4, 18
# Letters that are less probable as they are come after all other candidates.
_HARDLY = 1e-4
_DIGITS = "123456789"
_LATIN = re.compile(r"([A-Za-z]{2,})")
# Longer letters are not read at once; the first of them are.
_MOST_LETTERS = 48


@dataclass(frozen=True)
class Meaning:
    """What letters mean.

    literal: whether they come first as they are; candidates: the best first; syllables: the letters, cut as the first
    candidate reads them (``wo'xiang``); complete: whether there are no other candidates; ends: where the syllables end
    in the letters as they were typed; is_word, digits, counts: as those of an `Answer`.
    """

    literal: bool
    candidates: list[Suggestion]
    syllables: str
    complete: bool
    ends: tuple[int, ...] = ()
    is_word: bool = False
    digits: str = ""
    counts: str = ""

    @property
    def answer(self) -> Answer:
        """What a composition has to know of it."""
        return Answer(self.candidates, self.literal, self.ends, self.is_word, self.digits, self.counts)


def meaning_of(
    engine: Engine, text: str, letters: int, k: int, *, after: str = "", tones: bool = False, forced: bool = False
) -> Meaning:
    """Return what the last `letters` characters of a text mean, with k candidates for all of them, and parts.

    after: the text right of the cursor; tones: whether digits after letters are tones; forced: whether they are pinyin
    wherever they can be.
    """
    before, typed = text[: len(text) - letters], text[len(text) - letters :]
    after = engine.context.read_as(readable_right(after))
    whole = _read(engine, text, letters, after, tones) if letters <= _MOST_LETTERS else None
    read, rest = whole, ""
    if read is None or not read.is_pinyin:
        # What is no pinyin as a whole may begin with some.
        rest = typed[_begun(engine, typed) :]
        read = _read(engine, text[: len(text) - len(rest)], letters - len(rest), after, tones)
    if not read.is_pinyin:
        return _as_typed(engine, whole, text, k, after)
    latin = PRICES.log_prob(letters) if whole is None else whole.latin - whole.before
    pinyin = read.pinyin - read.before + (PRICES.log_prob(len(rest)) if rest else 0.0)
    is_word = engine.vocabulary.is_latin_word(typed.lower())
    if is_word and not engine.vocabulary.spelling.is_full(typed.lower(), frozenset()):
        pinyin += PRICES.shortened
    share = 1.0 if is_command(before, typed) else math.exp(latin - logsumexp([latin, pinyin]))
    found = _whole(engine, read, text, k, after, rest, foreign=forced)
    if (not forced and share >= PRICES.decides) or not any(is_pinyin(s) for s in found):
        return _as_typed(engine, whole, text, k, after)
    parts = first_parts(engine, read.cursor, read.best, rest)
    listed = _listed(typed, found, parts, share)
    syllables, ends = _cut(engine, read, typed, listed[0])
    digits = "" if tones or forced else _naming(engine, read, before, typed, listed, pinyin)
    counts = "" if tones else _counting(engine, before, typed, listed)
    return Meaning(False, listed, syllables, bool(parts) or len(found) < k, ends, is_word, digits, counts)


def look_ahead(engine: Engine, text: str, letters: int, *, tones: bool = False) -> None:
    """Compute what the meaning of one letter more will need of these letters, as there is time before it is typed."""
    if letters > _MOST_LETTERS:
        return
    cursor, context = engine.cursor(text), engine.context
    spans = [span.letters for span in letter_spans(cursor.text, engine.vocabulary, tones=tones, most=letters)]
    starts = context.nodes(cursor.text, [len(cursor.text) - letters.typed for letters in spans])
    searches = [
        (letters, start, context.tree, cursor.predictor, engine.vocabulary)
        for letters, start in zip(spans, starts, strict=True)
    ]
    nodes = [cursor.node]
    for search in searches:
        nodes += beginnings_of(*search)
        if foreign := foreign_words(search[0], engine.vocabulary, unfinished=True):
            nodes += beginnings_of(*search, foreign=foreign)
    cursor.predictor.prefetch(nodes)
    # Less often, the next letter ends the syllables in full.
    cursor.predictor.prefetch([node for search in searches for node in beginnings_if_cut(*search)])


@dataclass(frozen=True)
class _Read:
    """The readings of a text that ends with open letters.

    before: log P(the words before the letters), of which the other two go on; latin: log P(letters that stay);
    pinyin: log P(letters that are typed for Chinese words).
    """

    cursor: Cursor
    scored: Scored
    before: float
    latin: float
    pinyin: float

    @property
    def is_pinyin(self) -> bool:
        """Whether any words are spelled with the letters."""
        return self.pinyin > -math.inf

    @property
    def best(self) -> Reading:
        """The most probable reading as pinyin."""
        phrases = self.scored.phrases

        def log_prob(reading: Reading, alone: float) -> float:
            return logsumexp([alone, *(phrase.log_prob for phrase in phrases if phrase.node is reading.node)])

        found = [(log_prob(s.reading, s.log_normalizer), s.reading) for s in self.scored.readings if s.reading.replaces]
        return max(found, key=lambda item: item[0])[1]


def _read(engine: Engine, text: str, letters: int, after: str, tones: bool) -> _Read:
    cursor = engine.cursor(text, after)
    readings = read_tail(cursor, engine.context, engine.vocabulary, tones=tones, open_letters=letters)
    scored = score(engine, cursor, readings)
    before = max((r.log_weight for r in readings if r.replaces == letters), default=-math.inf)
    kept = [s.log_normalizer for s in scored.readings if not s.reading.replaces]
    if is_pinyin_letter(text[: len(text) - letters][-1:]):
        # The word before the letters is finished, since they do not belong to it.
        kept = []
    replaced = [s.log_normalizer for s in scored.readings if s.reading.replaces]
    latin = logsumexp([*kept, before + PRICES.log_prob(letters)])
    pinyin = logsumexp([*replaced, *(phrase.log_prob for phrase in scored.phrases)])
    return _Read(cursor, scored, before, latin, pinyin if before > -math.inf else before)


def _begun(engine: Engine, typed: str) -> int:
    """Return how many of the first letters are syllables in full; of double pinyin and of names, all or none are
    read."""
    if engine.vocabulary.spelling.layout or is_name(typed, engine.vocabulary):
        return 0
    syllables = engine.vocabulary.pinyin.syllables
    for end in range(min(len(typed), _MOST_LETTERS), 0, -1):
        letters = read_letters(typed[:end])
        if letters.plain and syllables.spell(letters.plain, letters.breaks, finished=True):
            return end
    return 0


def _naming(engine: Engine, read: _Read, text: str, typed: str, listed: Sequence[Suggestion], pinyin: float) -> str:
    """Return the digits that make a word of the letters that is more probable than the candidate they would take.

    text: what stands before the letters; in a password, all digits belong to it.
    """
    if is_secret(text):
        return _DIGITS
    before = [s.reading.node for s in read.scored.readings if s.reading.replaces == len(typed)]
    digits = ""
    for digit, candidate in zip(_DIGITS, listed, strict=False):
        ids = engine.vocabulary.variants(f"{typed}{digit}")
        if before and ids:
            name = read.cursor.predictor.log_probs_of(before[0], torch.tensor(ids)).logsumexp(dim=0)
            digits += digit if name > pinyin + math.log(max(candidate.probability, _HARDLY)) else ""
    return digits


def _counting(engine: Engine, before: str, typed: str, listed: Sequence[Suggestion]) -> str:
    """Return the digits that are more probably a number after the first candidate than what takes one.

    They are where that is a unit of another number (3月15日).
    """
    first = listed[0]
    if not before[-1:].isdecimal() or first.rest or first.replace < len(typed) or not is_pinyin(first):
        return ""
    text = f"{before}{first.insert}"
    node, predictor = engine.context.node(text), engine.cursor(text).predictor
    counts = ""
    for digit, candidate in zip(_DIGITS, listed, strict=False):
        ids = engine.vocabulary.numbers.get(digit)
        if ids is not None:
            number = float(predictor.log_probs_of(node, torch.from_numpy(ids)).logsumexp(dim=0))
            taken = math.log(max(candidate.probability, _HARDLY)) + (PRICES.numbered if candidate is first else 0.0)
            counts += digit if number + math.log(first.probability) > taken else ""
    return counts


def _as_typed(engine: Engine, read: _Read | None, text: str, k: int, after: str) -> Meaning:
    """Return the candidates for letters that are meant as they are."""
    ranked = [] if read is None else best_insertions(engine, read.cursor, read.scored, k, after)
    found = [] if read is None else [in_script(engine, read.cursor, entry) for entry in ranked]
    return Meaning(True, worthwhile(found, text, engine.vocabulary, False), "", len(found) < k)


def _whole(engine: Engine, read: _Read, text: str, k: int, after: str, rest: str, *, foreign: bool) -> list[Suggestion]:
    """Return candidates for all letters but the `rest`, which stays; foreign: among foreign words too."""
    phrases = 0
    found = []
    for entry in best_insertions(engine, read.cursor, read.scored, k, after):
        phrases += len(entry.best.ids) > 1
        if len(entry.best.ids) == 1 or phrases <= _PHRASES:
            found.append(in_script(engine, read.cursor, entry))
    shown = worthwhile(found, text, engine.vocabulary, False)
    kept = [s for s in found if s in shown or (foreign and is_pinyin(s))]
    if rest:
        kept = [_with_rest(s, rest) for s in kept if is_pinyin(s)]
    first = next((s for s in kept if is_pinyin(s)), None)
    return [] if first is None else [first, *(s for s in kept if s is not first)]


def _with_rest(found: Suggestion, rest: str) -> Suggestion:
    return replace(found, insert=found.insert + rest, replace=found.replace + len(rest), rest=len(rest))


def _listed(typed: str, found: Sequence[Suggestion], parts: Sequence[Suggestion], share: float) -> list[Suggestion]:
    """Return the candidates in their order: the letters themselves are where their probability puts them.

    Letters that are hardly meant are the last candidate.
    """
    literal = Suggestion(typed, typed, len(typed), share, True)
    kept = [s for s in (found[:_WHOLE] if parts else found) if s.insert != typed]
    if share < _HARDLY:
        return [*kept, *parts, literal]
    at = next((i for i, s in enumerate(kept) if i and s.probability < share), len(kept))
    return [*kept[:at], literal, *kept[at:], *parts]


def _cut(engine: Engine, read: _Read, typed: str, first: Suggestion) -> tuple[str, tuple[int, ...]]:
    """Return letters with an apostrophe between the syllables of the first candidate, and where these end."""
    spelled, layout = read.best.letters, engine.vocabulary.spelling.layout
    if layout and spelled is not None:
        bounds = [0, *sorted(spelled.breaks), len(spelled.plain)]
        cut = [spelled.plain[start:end] for start, end in pairwise(bounds)]
        return "'".join(cut), tuple(typed_end(typed, bound, layout) for bound in bounds[1:])
    start, end = len(typed) - first.replace, len(typed) - first.rest
    letters = read_letters(typed[start:end])
    cut = _cut_with_latin(engine, letters, first.word)
    ends = [start + typed_end(typed[start:end], bound) for bound in accumulate(map(len, cut))]
    return "'".join(filter(None, [typed[:start], *cut, typed[end:]])), (start, *ends, len(typed))


def _cut_with_latin(engine: Engine, letters: Letters, word: str) -> list[str]:
    """Return letters cut into the syllables of a text, and into its Latin words."""
    plain, cut, start = letters.plain, [], 0
    syllables = engine.vocabulary.pinyin.syllables
    *pieces, last = _LATIN.split(word)
    for chinese, latin in zip(pieces[::2], pieces[1::2], strict=True):
        # The letters of a word may stand in syllables before it.
        begins = plain.find(latin.lower(), start + len(chinese))
        if begins >= start:
            before = letters.prefix(begins).suffix(start)
            cut += [*syllables.cut(before.plain, before.breaks, chinese), latin.lower()]
            start = begins + len(latin)
    rest = letters.suffix(start)
    return cut + syllables.cut(rest.plain, rest.breaks, last)
