"""Suggestions: a keystroke from the cursor over readings and proposals to the ranking."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seqchat.completion.context import readable_right
from seqchat.completion.cursor import Cursor
from seqchat.completion.engine import Engine
from seqchat.completion.prediction import logsumexp
from seqchat.completion.proposal import Proposal, propose, propose_phrases
from seqchat.completion.ranking import RankedInsertion, rank, reweigh
from seqchat.completion.reading import Reading, read_tail
from seqchat.completion.right_context import right_log_probs
from seqchat.completion.scoring import ScoredReading, score_readings
from seqchat.corpus.casing import begins_sentence
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.errors import SeqchatError

# How many more words than asked for each reading first proposes.
_MARGIN = 4
# If all words are about equally probable, no number of proposals would be enough.
_MORE_ROUNDS = 2
# The logarithm of the share of a reading whose words are looked for only if others have too few
_HARDLY = -16.0
# How many suggestions, at least and at most, are scored by how well the text after them follows.
_MIN_RESCORED, _MAX_RESCORED = 32, 256


@dataclass(frozen=True)
class Suggestion:
    """A word, or for pinyin a phrase, offered at the cursor.

    word: the whole word; insert: the text that committing it adds, after `replace` characters before the cursor (pinyin
    letters) are removed; probability: among everything that agrees with what was typed; completes: whether it finishes
    the word being typed (词补全) or is the next one (下一词); rest: how many characters at the end of `insert` are
    letters that stay as they were typed, because the word is for the letters before them.
    """

    word: str
    insert: str
    replace: int
    probability: float
    completes: bool
    rest: int = 0


def suggest(
    engine: Engine, text: str, k: int = 5, *, after: str = "", pinyin: bool = True, finished: bool = False
) -> list[Suggestion]:
    """Return the k most probable insertions at the end of `text`, the most probable first.

    An insertion's probability sums over the readings of the tail, so ``火`` → ``锅`` counts both 火锅 as one word and
    锅 after 火; and over capitals, so ``the`` counts The as well and has the form that fits the place. Fewer than k are
    returned if fewer agree with what was typed. If there is a text `after` the cursor, they fit that as well: a network
    of the objective infill reads it; any other scores its own best suggestions, 256 at most, by how probable they make
    that text. finished: whether the last word is complete for certain, as after a suggestion was accepted; it makes a
    difference where spaces separate words.

    Raises:
        SeqchatError: k is less than 1.
    """
    if k < 1:
        raise SeqchatError(f"The number of suggestions is at least 1, not {k}.")
    after = engine.context.read_as(readable_right(after))
    cursor = engine.cursor(text, after)
    readings = read_tail(cursor, engine.context, engine.vocabulary, pinyin=pinyin, finished=finished)
    found = best_insertions(engine, cursor, score(engine, cursor, readings), k, after)
    return [in_script(engine, cursor, entry) for entry in found]


def in_script(engine: Engine, cursor: Cursor, entry: RankedInsertion) -> Suggestion:
    """Name an insertion as `suggestion` does, in the script that the writer uses."""
    plain = suggestion(entry)
    if engine.script is None:
        return plain
    # A phrase is rewritten word by word, since its words are known.
    words = [engine.vocabulary.word(word_id) for word_id in entry.best.ids]
    kept = cursor.text[: len(cursor.text) - plain.replace]
    return engine.script.suggestion(plain, kept, words if "".join(words) == plain.insert else [plain.insert])


@dataclass(frozen=True)
class Scored:
    """The readings at a cursor, and the phrases that letters may spell, with their log-probabilities."""

    readings: list[ScoredReading]
    phrases: list[Proposal]


def score(engine: Engine, cursor: Cursor, readings: Sequence[Reading]) -> Scored:
    """Score the words of readings, and search for phrases."""
    scored = score_readings(readings, cursor.at_cursor)
    return Scored(scored, propose_phrases(readings, cursor, engine.context.tree, engine.vocabulary))


def best_insertions(engine: Engine, cursor: Cursor, scored: Scored, k: int, after: str) -> list[RankedInsertion]:
    """Return the k most probable insertions before a `readable_right` text, the most probable first."""
    if not after.strip() or engine.reads_both_sides:
        return _most_probable(engine, cursor, scored, k)
    ranked = _most_probable(engine, cursor, scored, min(max(k, _MIN_RESCORED), _MAX_RESCORED))
    return reweigh(ranked, _likelihoods(engine, ranked, after))[:k]


def _most_probable(engine: Engine, cursor: Cursor, scored: Scored, k: int) -> list[RankedInsertion]:
    """Return the k most probable insertions.

    Each reading proposes its best words. What none of them proposes has at most the sum of the last proposals'
    probabilities, so that more are asked for while that could be enough (Fagin's threshold algorithm).
    """
    capital = begins_sentence(cursor.text) and _favour_capitals(scored.readings, cursor, engine.vocabulary)
    log_normalizer = logsumexp(
        [s.log_normalizer for s in scored.readings] + [phrase.log_prob for phrase in scored.phrases]
    )
    ranked: list[RankedInsertion] = []
    # As long as letters are hardly meant as they are, what may follow them is not predicted.
    likely = [s for s in scored.readings if s.log_normalizer > log_normalizer + _HARDLY]
    left = len(scored.readings) - len(likely)
    for number in range(_MORE_ROUNDS + 1):
        count = (k + _MARGIN) * 4**number
        proposals, log_bounds = propose(
            likely, scored.phrases, cursor, engine.vocabulary, engine.suggestible_mask, count, capital=capital
        )
        ranked = rank(proposals, log_normalizer)
        missed = sum(math.exp(min(log_bound - log_normalizer, 0.0)) for log_bound in log_bounds)
        missed += left * math.exp(_HARDLY)
        likely, left = scored.readings, 0
        if (ranked[k - 1].probability if len(ranked) >= k else 0.0) >= missed:
            break
    return ranked[:k]


def _favour_capitals(scored: Sequence[ScoredReading], cursor: Cursor, vocabulary: Vocabulary) -> bool:
    """Whether next words with a capital are together more probable than those without: the habit of this text."""
    small, capital = vocabulary.initials
    if not len(small) or not len(capital):
        return False
    readings = [s.reading for s in scored if not s.reading.replaces and not s.reading.remainder.strip()]
    rows = [cursor.at_cursor.log_probs(reading.node) + reading.log_weight for reading in readings]
    return sum(float(row[capital].exp().sum() - row[small].exp().sum()) for row in rows) > 0


def _likelihoods(engine: Engine, ranked: Sequence[RankedInsertion], after: str) -> list[float]:
    """Return the log-probability of the text right of the cursor after each insertion."""
    tree = engine.context.tree
    nodes = tree.read(
        [entry.best.node for entry in ranked], [engine.vocabulary.spelled(entry.best.ids) for entry in ranked]
    )
    # How the text on the right is cut depends on whether a space between it and the insertion is implied.
    rights = [engine.right_ids(after, entry.best.insertion.text[-1]) for entry in ranked]
    return right_log_probs(tree, nodes, rights)


def suggestion(entry: RankedInsertion) -> Suggestion:
    """Name an insertion after the most probable way to it."""
    best = entry.best
    return Suggestion(best.word, *best.insertion, entry.probability, best.completes)
