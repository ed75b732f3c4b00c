"""Words of a language with capitals: what is typed decides, then the place; variants are one candidate."""

import math
from collections import defaultdict

import pytest

from seqchat.completion.suggestion import suggest
from seqchat.corpus.casing import begins_sentence, fold
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.vocabulary import TURN_ID

from ..conftest import small_engine
from .test_suggestion import chance

WORDS = [
    "the",
    "The",
    "THE",
    "then",
    "Then",
    "they",
    "thin",
    "hello",
    "Hello",
    "London",
    "iPhone",
    "I",
    "I'm",
    "it",
    "is",
]
WORDS += ["Monday", "don't", "we", "We", "this", "This", "So", "so", "OK", ".", ",", "?", "'", *"tholndiweskymab"]
WORDS += [f"{GLUE}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


@pytest.fixture(params=[0, 1])
def engine(request):
    return small_engine([*dict.fromkeys(WORDS)], seed=request.param)


def offers(engine, text, **options):
    """Return what the text would be after each suggestion, with its probability."""
    found = suggest(engine, text, 200, **options)
    return {text[: len(text) - s.replace] + s.insert: s.probability for s in found}


def every_way(engine, text, typed):
    """Compute the probability of each text in small letters by going through all words of all readings."""
    mass, everything = defaultdict(float), 0.0
    end = text[: len(text) - len(typed)]
    # All is complete; or a word was begun, after the space that it asks for, or after one that is a word of its own.
    starts = {text: "", end.rstrip(" "): typed, end: typed}
    for start, letters in starts.items():
        context, scores = chance(engine, start)
        for word_id in range(len(engine.vocabulary)):
            surface = engine.vocabulary.surface(word_id, start[-1:])
            shown = surface.strip()
            longer = len(shown) > len(letters) or (len(shown) == len(letters) and shown != letters == fold(letters))
            spaced = surface.startswith(" ") == (start != end)
            fits = fold(shown).startswith(fold(letters)) and longer and (spaced or not end)
            if letters and not (word_id > TURN_ID and fits):
                continue
            probability = math.exp(context + float(scores[word_id]))
            everything += probability
            if engine.vocabulary.suggestible[word_id]:
                mass[fold(start + surface)] += probability
    return {result: value / everything for result, value in mass.items()}


@pytest.mark.parametrize(
    ("text", "typed"), [("we th", "th"), ("We Th", "Th"), ("is lond", "lond"), ("th", "th"), ("so we t", "t")]
)
def test_a_candidate_has_the_probability_of_all_its_variants(engine, text, typed):
    exact = every_way(engine, text, typed)
    found = offers(engine, text)
    assert len(found) == len({fold(result) for result in found}) > 3
    for result, probability in found.items():
        assert probability == pytest.approx(exact[fold(result)], abs=1e-6)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("Hel", "Hello"),
        ("HEL", "HELLO"),
        ("hel", "hello"),
        ("we LON", "we LONDON"),
        ("we lond", "we London"),
        ("we london", "we London"),
        ("on monday", "on Monday"),
        ("i'm", "I'm"),
        ("i'", "I'm"),
        ("so i", "so I"),
        ("don'", "don't"),
        ("DON", "DON'T"),
        ("iph", "iPhone"),
        ("iPh", "iPhone"),
        ("Iph", "Iphone"),
        ("TH", "THIN"),
        ("Th", "This"),
        ("is o", "is OK"),
    ],
)
def test_capitals_are_as_typed_or_as_the_word_has_them(engine, typed, text):
    assert text in offers(engine, typed)


def test_what_is_typed_with_a_capital_keeps_it(engine):
    for text in ("Th", "we Th", "Hel", "We Mo"):
        completed = [s for s in suggest(engine, text, 200) if s.completes]
        assert completed
        assert all(s.replace == 0 for s in completed)
        assert all(s.word.startswith(text.split()[-1]) for s in completed)


def test_a_small_letter_is_no_wish_but_a_hint(engine):
    """Words that have both forms are offered as typed, unless the other one is far more probable."""
    found = {s.word for s in suggest(engine, "we th", 200) if s.completes}
    assert {"then", "they", "thin", "this"} <= found


def test_a_word_typed_as_it_is_known_is_not_offered_again(engine):
    for text in ("we London", "we they", "Hello", "OK"):
        assert text not in offers(engine, text)


HABITS = {"capitals": ["Yes", "No", "London"], "small letters": ["we", "they", "don't"]}


@pytest.fixture(params=list(HABITS))
def habit(request):
    """A habit, and an engine that expects it at any place."""
    engine = small_engine([*HABITS["capitals"], *HABITS["small letters"], "."], seed=3)
    engine.network.output._bias[[engine.vocabulary.ids_of(word)[0] for word in HABITS[request.param]]] += 20
    return request.param, engine


@pytest.mark.parametrize("text", ["", "we.\n", "we. ", "we."])
def test_a_sentence_begins_with_a_capital_where_the_model_expects_capitals(habit, text):
    expected, engine = habit
    found = {s.word for s in suggest(engine, text, 9)}
    words = {"We", "They", "Don't"} if expected == "capitals" else {"we", "they", "don't"}
    assert {*words, *HABITS["capitals"]} <= found


def test_within_a_sentence_words_are_as_the_vocabulary_has_them(habit):
    _, engine = habit
    assert {"we", "they", "don't", "London"} <= {s.word for s in suggest(engine, "we ", 9)}


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("", True),
        ("Hi\n", True),
        ("Hi. ", True),
        ("Hi!", True),
        ('"Hi." ', True),
        ("好。", True),
        ("Hi", False),
        ("Hi ", False),
        ("Hi, ", False),
        ("well... ", False),
        ("3.5", False),
        ("a" * 50, False),
    ],
)
def test_a_sentence_begins_after_the_end_of_another(text, begins):
    assert begins_sentence(text) is begins
