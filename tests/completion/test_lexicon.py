"""Suggestions with a lexicon against brute force: every word, every segmentation, a small vocabulary and lexicon."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from seqchat.completion import phrase as phrase_module
from seqchat.completion.beam_search import most_probable
from seqchat.completion.continuation import generate
from seqchat.completion.engine import Engine
from seqchat.completion.first_word import first_words
from seqchat.completion.habits import Habits
from seqchat.completion.sampling import Sampling
from seqchat.completion.suggestion import suggest
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.lexicon_building import WordList, in_memory
from seqchat.corpus.lexicon_words import CHINESE, LEARNED, OTHER, OWN, Lexicons, LexiconWords
from seqchat.corpus.readings import readings
from seqchat.corpus.spelling import Spelling, Way
from seqchat.corpus.typing_prices import PRICES
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID
from seqchat.corpus.words import is_han
from seqchat.model.mixture import LexiconShares

from ..conftest import small_engine
from .test_context import read_from_start

WORDS = [
    "我", "想", "吃", "火", "锅", "店", "火锅", "国", "去", "西安", "西", "安", "中", "，", "ok", "wo", "a", "e", "h",
    "l", "o", GLUE + "e", GLUE + "l", GLUE + "o", GLUE + "w", "hello", "w", "x", "i", "n", "g", "u",
]  # fmt: skip
HAN = {"火锅": 9.0, "火锅店": 5.0, "火锅城": 1.0, "想去": 4.0, "锅店": 1.0, "先": 3.0, "我想": 2.0, "西安店": 2.0}
OTHERS = {"hello": 9.0, "help": 4.0, "hell": 2.0, "woe": 1.0, "ok": 3.0, "well": 2.0}
OWN_WORDS = {"想吃": 3.0, "火锅": 1.0, "火锅底料": 1.0, "helloo": 1.0, "先": 1.0}
# Of the vocabulary, of the lexicon, and of neither
TAKEN = {"火锅": "huo guo", "西安": "xi an", "火锅店": "huo guo dian", "锅火": "guo huo", "help": "", "吃": "chi"}


@pytest.fixture(params=["shared", "own", "learned"])
def engine(request: pytest.FixtureRequest) -> Engine:
    own = None
    if request.param == "own":
        own = in_memory(
            WordList(
                {w: n for w, n in OWN_WORDS.items() if is_han(w[0])},
                {w: n for w, n in OWN_WORDS.items() if not is_han(w[0])},
            )
        )
    engine = small_engine(WORDS, lexicons=Lexicons(in_memory(WordList(HAN, OTHERS)), own))
    if request.param == "learned":
        habits = Habits()
        engine.follow(habits)
        for word in (*TAKEN, "西安", "help", "西安"):
            habits.take(word, TAKEN[word])
        engine.cursor("")
    return engine


def lexicon_of(engine: Engine) -> LexiconWords:
    """Return the lexicon, learned words apart."""
    found = engine.vocabulary.lexicon
    found = found if isinstance(found, LexiconWords) else found._lexicon
    assert isinstance(found, LexiconWords)
    return found


def shares(engine: Engine) -> list[tuple[str, int, float]]:
    """Return each word that the vocabulary lacks, as the lists say, and each learned one: its part and probability."""
    lexicon = lexicon_of(engine)
    own = {w: n for w, n in OWN_WORDS.items() if w not in WORDS} if lexicon.present[OWN] else {}
    parts = {
        CHINESE: {w: n for w, n in HAN.items() if w not in WORDS and w not in own},
        OTHER: {w: n for w, n in OTHERS.items() if w not in WORDS and w not in own},
        OWN: own,
    }
    found: list[tuple[str, int, float]] = []
    for part, words in parts.items():
        for word in words:
            entry = lexicon.find(word)
            assert lexicon.part(entry) == part
            found.append((word, part, math.exp(lexicon.log_prob(entry))))
            if part != OWN:  # Chinese and other words of one's own are counted apart
                assert found[-1][2] == pytest.approx(words[word] / sum(words.values()), rel=0.08)
    everything = engine.vocabulary.lexicon
    if everything is not None and everything is not lexicon:
        learned = {word: everything.ids_of(word)[0] for word in TAKEN}
        found += [(word, LEARNED, math.exp(everything.log_prob(i))) for word, i in learned.items()]
        assert math.fsum(p for _, part, p in found if part == LEARNED) == pytest.approx(1)
    return found


def context_of(word_id: int) -> int:
    if word_id in (DIALOG_ID, TURN_ID):
        return 0
    if word_id < TURN_ID + 1:
        return 3
    last = WORDS[word_id - TURN_ID - 1][-1]
    return 1 if is_han(last) else 2 if last.isalpha() else 3


class Exact:
    """The whole distribution, computed from nothing at each word."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.entries = shares(engine)
        self.table = LexiconShares().table() * np.array(lexicon_of(engine).present)
        if any(part == LEARNED for _, part, _ in self.entries):
            # Nine takes, of which each leaves all others a little less
            learned = 0.15 * 9 / (9 + 40)
            self.table = np.column_stack([self.table * (1 - learned), np.full(len(self.table), learned)])

    def next(self, ids: Sequence[int]) -> tuple[np.ndarray, list[tuple[str, float]]]:
        """Return the probabilities of the vocabulary's words, and of the lexicon's, after some words."""
        row = self.table[context_of(([DIALOG_ID, *ids])[-1])]
        known = read_from_start(self.engine, list(ids)).exp().double().numpy() * (1 - row.sum())
        return known, [(word, row[part] * share) for word, part, share in self.entries]

    def path(self, before: Sequence[int], ids: Sequence[int]) -> float:
        """Return the probability of words of the vocabulary after others, entries that they spell counted too."""
        if not ids:
            return 1.0
        known, entries = self.next(before)
        total = known[ids[0]] * self.path([*before, ids[0]], ids[1:])
        for word, probability in entries:
            spelled = self.engine.vocabulary.encode_word(word)
            # A word of the vocabulary may be spelled too, where a text was cut so.
            for way in {tuple(spelled), tuple(self.engine.vocabulary.encode([*word]))}:
                if tuple(ids[: len(way)]) == way and (len(way) > 1 or word in self.engine.vocabulary):
                    total += probability * self.path([*before, *way], ids[len(way) :])
        return total


def test_all_words_together_are_certain(engine):
    exact = Exact(engine)
    for text in ("", "我", "我想去", "ok ", "，", "你好\n"):
        known, entries = exact.next(engine.context.ids(text))
        assert known.sum() + sum(p for _, p in entries) == pytest.approx(1, abs=1e-6)


def enumerated(engine: Engine, text: str, longest: int) -> dict[str, float]:
    """Return the probability of every insertion after a text whose last characters may begin a word."""
    exact, vocabulary = Exact(engine), engine.vocabulary
    mass: dict[str, float] = defaultdict(float)
    everything = 0.0
    for length in range(longest + 1):
        beginning, finished = text[len(text) - length :], text[: len(text) - length]
        ids = engine.context.ids(finished)
        weight = exact.path([], ids)
        known, entries = exact.next(ids)
        for word_id, word in enumerate(vocabulary.words):
            surface = word.removeprefix(GLUE)
            if length and not (surface.startswith(beginning) and surface != beginning and word_id > TURN_ID):
                continue
            everything += weight * known[word_id]
            if vocabulary.suggestible[word_id]:
                mass[vocabulary.surface(word_id, finished[-1:])[length:]] += weight * known[word_id]
        for word, probability in entries:
            if not length or (word.startswith(beginning) and word != beginning):
                everything += weight * probability
                mass[vocabulary.segmenter.surface(word, finished[-1:])[length:]] += weight * probability
    return {insertion: value / everything for insertion, value in mass.items() if value}


@pytest.mark.parametrize("text", ["我", "我想吃火", "想去火锅", "我想", "，想", "火锅店", "我想火锅店吃", ""])
def test_half_typed_chinese_words(engine, text):
    exact = enumerated(engine, text, min(4, len(text.split("，")[-1])))
    found = suggest(engine, text, 30, pinyin=False)
    best = sorted(exact.values(), reverse=True)[: len(found)]
    assert [s.probability for s in found] == pytest.approx(best, abs=1e-6)
    for s in found:
        assert s.probability == pytest.approx(exact[s.insert], abs=1e-6)


def test_half_typed_words_in_other_letters(engine):
    exact = Exact(engine)
    found = {s.insert: s for s in suggest(engine, "hel", 30, pinyin=False)}
    assert found["p"].word == "help"
    assert found["p"].completes
    known, entries = exact.next([])
    # 'hel' is no word of the vocabulary, so that the finished words are h, e and l, or none yet.
    spelled = engine.context.ids("hel")
    literal = exact.path([], spelled)
    after, entries_after = exact.next(spelled)
    everything = literal + sum(known[i] for i in engine.vocabulary.starting_with("hel"))
    everything += sum(p for word, p in entries if word.startswith("hel"))
    best = sum(p for word, p in entries if word == "help")
    assert found["p"].probability == pytest.approx(best / everything, abs=1e-6)
    assert found["lo"].probability == pytest.approx(known[engine.vocabulary.ids_of("hello")[0]] / everything, abs=1e-6)
    assert after.sum() + sum(p for _, p in entries_after) == pytest.approx(1, abs=1e-6)


def test_a_word_after_a_space(engine):
    found = {s.insert for s in suggest(engine, "ok hel", 30, pinyin=False)}
    assert {"p", "lo"} <= found
    assert "help" in {s.word for s in suggest(engine, "ok ", 60, pinyin=False)}


def phrases(engine: Engine, letters: str) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield every sequence of words that agrees with letters typed in full, the last one perhaps incomplete, and how
    probably they are typed so."""
    words = [w for w in WORDS if is_han(w[0])] + [w for w, _, _ in shares(engine) if is_han(w[0])]
    for word in dict.fromkeys(words):
        for way in readings([word])[0]:
            full = "".join(way.syllables)
            if full.startswith(letters):
                yield (word,), way.probability * math.exp(price(way.syllables, len(letters)))
            elif letters.startswith(full):
                for rest, probability in phrases(engine, letters[len(full) :]):
                    yield (word, *rest), way.probability * probability


def price(syllables: tuple[str, ...], size: int) -> float:
    """Return the price of syllables of which the first letters are typed, all but the last one in full."""
    total = 0.0
    for syllable in syllables:
        if size <= 0:
            total += PRICES.unbegun
        elif size < len(syllable):
            is_short = size == 1 or (size == 2 and syllable[1] == "h")
            total += max(PRICES.unfinished, PRICES.abbreviated) if is_short else PRICES.unfinished
        size -= len(syllable)
    return total


@pytest.fixture
def nothing_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let syllables of letters in full be whole: of words in phrases, those of a lexicon are."""
    monkeypatch.setattr(Spelling, "ways_in_full", (Way.ABBREVIATED,))


@pytest.mark.parametrize(
    ("before", "letters"),
    [("我", "xiangchi"), ("", "huoguodian"), ("想", "xiangquhuoguod"), ("，", "wo"), ("", "xian")],
)
def test_pinyin(nothing_clipped, engine, before, letters, monkeypatch):
    monkeypatch.setattr(phrase_module.find_phrases, "__defaults__", (10_000,))
    exact, vocabulary = Exact(engine), engine.vocabulary
    mass: dict[str, float] = defaultdict(float)
    for words, probability in phrases(engine, letters):
        ids = engine.context.ids(before)
        for word in words:
            known, entries = exact.next(ids)
            either = sum(p for entry, p in entries if entry == word)
            probability *= either + (known[vocabulary.encode_word(word)[0]] if word in vocabulary else 0.0)
            ids = [*ids, *vocabulary.encode_word(word)]
        mass["".join(words)] += probability
    found = {s.insert: s.probability for s in suggest(engine, before + letters, 60) if s.replace}
    assert found
    assert set(found) <= set(mass)
    insertions = sorted(found, key=lambda insertion: -found[insertion])
    ratios = [found[insertion] / mass[insertion] for insertion in insertions]
    assert ratios == pytest.approx([ratios[0]] * len(ratios), rel=1e-4)
    best = sorted(mass, key=lambda insertion: -mass[insertion])[: len(found)]
    assert found[insertions[0]] == pytest.approx(ratios[0] * mass[best[0]], abs=1e-6)


def test_without_a_lexicon_nothing_changes(engine):
    alone = small_engine(WORDS)
    if not isinstance(engine.vocabulary.lexicon, LexiconWords):
        pytest.skip("learned words change the order")
    for text in ("我想吃火", "ok hel", "我xiangchi"):
        with_lexicon = suggest(engine, text, 60)
        without = [s.insert for s in suggest(alone, text, 60)]
        order = [s.insert for s in with_lexicon if s.insert in without]
        assert len(order) > 3
        assert all(s.insert not in without for s in with_lexicon if s.insert not in order)


def test_continuations_finish_a_word_that_only_the_lexicon_has(engine):
    choices = first_words(engine, engine.cursor("ok wel"))
    assert 0.5 < float(choices.log_probs.exp().sum()) < 1 + 1e-5
    (found,) = most_probable(engine, "ok wel", 1, max_words=3)
    drawn = list(generate(engine, "ok wel", 8, Sampling(seed=1, max_words=3)))
    assert found.text.startswith("l")
    assert drawn[0].text == "l"
