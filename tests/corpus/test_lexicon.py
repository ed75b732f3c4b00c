from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from seqchat.cli.lexicon import lexicon as command
from seqchat.corpus.fuzzy_pinyin import PAIRS
from seqchat.corpus.jieba_words import jieba_frequencies
from seqchat.corpus.lexicon import Lexicon
from seqchat.corpus.lexicon_building import WordList, build, in_memory, merged, read_list
from seqchat.corpus.lexicon_pinyin import LexiconPinyin, Matches
from seqchat.corpus.pinyin import LetterMatch, Letters, PinyinIndex, letters_before
from seqchat.corpus.readings import readings
from seqchat.corpus.spelling import SPELLING, Spelling
from seqchat.corpus.typing_prices import PRICES
from seqchat.errors import SeqchatError

HAN = {"火": 5, "火锅": 30, "火锅店": 4, "火车": 20, "西安": 9, "先": 8, "县": 2, "供应商": 7, "中华人民共和国": 3}
OTHER = {"hello": 5, "help": 4, "helmet": 1, "don't": 9, "hell": 2, "world": 8}


@pytest.fixture(scope="module")
def small() -> Lexicon:
    return in_memory(WordList(HAN, OTHER))


def words_of(lexicon: Lexicon, entries: np.ndarray) -> set[str]:
    return {lexicon.word(int(entry)) for entry in entries}


def test_words_are_found_again(small):
    words = [*HAN, *OTHER]
    assert sorted(small) == sorted(words)
    assert [small.word(int(entry)) for entry in small.find(words)] == words
    assert small.find(["火山", "helm", "", "火锅店里", "西", "hello "]).tolist() == [-1] * 6


def test_frequencies_are_kept_to_a_few_percent(small):
    shares = dict(zip(small, np.exp(small.log_frequencies), strict=True))
    for words in (HAN, OTHER):
        for word, count in words.items():
            assert shares[word] == pytest.approx(count / sum(words.values()), rel=0.05)


@pytest.mark.parametrize("beginning", ["火", "火锅", "中华", "hel", "hell", "d", "x", "天"])
def test_words_are_found_by_their_beginning(small, beginning):
    expected = {word for word in [*HAN, *OTHER] if word.startswith(beginning) and word != beginning}
    assert words_of(small, small.starting_with(beginning)) == expected


def test_readings_may_be_shortened(small):
    index = LexiconPinyin(small)

    def found(typed: str) -> set[str]:
        letters = letters_before(typed)
        assert letters is not None
        return words_of(small, index.matching(letters).entries)

    assert found("huoguodian") == found("hgd") == found("huogd") == {"火锅店"}
    assert found("huog") == {"火锅", "火锅店"}
    assert found("xian") == {"西安", "先", "县"}
    assert found("xi'an") == {"西安"}
    assert found("zhrmghg") == {"中华人民共和国"}
    assert found("huoguodianx") == set()


WORDS = sorted(word for word in jieba_frequencies() if 0 < len(word) <= 8)[::100]
PIECES = st.sampled_from("zh ch sh z c s x j h g b d l n a e o i u v ' an ang ao ian uo".split())  # noqa: SIM905


@pytest.fixture(scope="module")
def many() -> tuple[Lexicon, LexiconPinyin, list[tuple[int, tuple[str, ...]]]]:
    """A lexicon of many words, and all their readings."""
    lexicon = in_memory(WordList(dict.fromkeys(WORDS, 1.0), {}))
    ways = [(entry, way.syllables) for entry, ways in enumerate(readings([*lexicon])) for way in ways]
    return lexicon, LexiconPinyin(lexicon), ways


def may_be_typed(syllables: tuple[str, ...], letters: Letters) -> bool:
    """Whether letters begin a way to type syllables, of which many are all in full or all first letters, few also cut.

    Two letters of a syllable may have changed places where letters could not be typed otherwise.
    """
    full = SPELLING.is_full(letters.plain, letters.breaks)
    whole = [(s,) if full else (s, *swapped(s)) for s in syllables]
    if len(syllables) <= 4:
        ways = [(*w, *(s[:size] for size in range(1, len(s)))) for w, s in zip(whole, syllables, strict=True)]
        return _agree(ways, syllables, letters)
    in_first_letters = [(s[0],) for s in syllables]
    return _agree(whole, syllables, letters) or _agree(in_first_letters, [s[0] for s in syllables], letters)


def swapped(syllable: str) -> list[str]:
    return [f"{syllable[:i]}{syllable[i + 1]}{syllable[i]}{syllable[i + 2 :]}" for i in range(len(syllable) - 1)]


def _agree(ways: Sequence[tuple[str, ...]], growing: Sequence[str], letters: Letters) -> bool:
    """Whether the letters are syllables typed in one of their ways, the last one perhaps not to its end."""
    plain, positions = letters.plain, {0}
    for parts, whole in zip(ways, growing, strict=True):
        if len(plain) in positions:
            return True
        ends = {(p, p + len(part)) for p in positions for part in parts if plain[p:].startswith(part)}
        ends |= {(p, len(plain)) for p in positions if whole.startswith(plain[p:])}
        positions = {end for p, end in ends if not any(p < b < end for b in letters.breaks)}
    return len(plain) in positions


@pytest.mark.slow
@given(typed=st.lists(PIECES, min_size=1, max_size=7).map("".join))
def test_look_up_finds_what_going_through_all_readings_finds(many, typed):
    _, index, ways = many
    letters = letters_before(typed)
    if letters is None or not letters.plain:
        return
    matching, spelled = set(), set()
    for entry, syllables in ways:
        if may_be_typed(syllables, letters):
            matching.add(entry)
            ends = set(np.cumsum([len(s) for s in syllables]).tolist())
            if "".join(syllables) == letters.plain and letters.breaks - {len(letters.plain)} <= ends:
                spelled.add(entry)
    assert set(index.matching(letters).entries.tolist()) == matching
    assert set(index.spelled(letters).entries.tolist()) == spelled


@pytest.fixture(scope="module", params=[SPELLING, Spelling(fuzzy=frozenset(PAIRS))], ids=["plain", "fuzzy"])
def both(request) -> tuple[LexiconPinyin, PinyinIndex]:
    """The same words in a lexicon and in an index of a vocabulary."""
    # A lexicon keeps shares of readings in a byte; these words have but one.
    short = [word for word in WORDS if len(word) <= 4 and len(readings([word])[0]) == 1]
    lexicon = in_memory(WordList(dict.fromkeys(short, 1.0), {}))
    return LexiconPinyin(lexicon, request.param), PinyinIndex([*lexicon], request.param)


@pytest.mark.slow
@given(typed=st.lists(PIECES, min_size=1, max_size=5).map("".join))
def test_a_lexicon_and_a_vocabulary_read_letters_alike(both, typed):
    lexicon, index = both
    letters = letters_before(typed)
    if letters is None or not letters.plain:
        return
    size = len(letters.plain)
    for end in range(1, size + 1):
        words = index.ending_abbreviated(letters, end, last=end == size)
        parses = lexicon.parses(letters, end, last=end == size)
        look_ups = lexicon.ending(letters, end)
        unfinished, grown = index.ending(letters, end, last=True), lexicon.ending_unfinished(letters, end)
        for start in range(end):
            assert _prices(lexicon.typed(parses.get(start, ()))) == _expected(words.get(start))
            full = index.spelled(letters.suffix(start), end - start)
            assert _prices(lexicon.readings(look_ups.get(start, ()))) == _expected(full)
            match = unfinished.get(start)
            known = {} if match is None else dict(zip(match.ids.tolist(), match.log_probs.tolist(), strict=True))
            # The vocabulary has more ways to begin a word.
            found = _prices(lexicon.readings(grown.get(start, ())))
            assert all(log_prob <= known.get(entry, -np.inf) + 1e-4 for entry, log_prob in found.items())
    assert _prices(lexicon.matching(letters)) == _expected(index.matching(letters))


def _expected(match: LetterMatch | None) -> object:
    found = {} if match is None else dict(zip(match.ids.tolist(), match.log_probs.tolist(), strict=True))
    return pytest.approx(found, abs=1e-4)


def _prices(matches: Matches) -> dict[int, float]:
    """Return log P(letters | word) of each word."""
    found: dict[int, float] = {}
    for entry, share, price in zip(matches.entries.tolist(), matches.shares, matches.prices, strict=True):
        found[entry] = np.logaddexp(found.get(entry, -np.inf), np.log(share) + price)
    return found


def test_a_reading_has_the_price_of_what_is_not_typed(small):
    def price(typed: str, word: str) -> float:
        letters = letters_before(typed)
        assert letters is not None
        matches = LexiconPinyin(small).matching(letters)
        return float(matches.prices[matches.entries.tolist().index(int(small.find([word])[0]))])

    short, begun, missing = PRICES.abbreviated, PRICES.unfinished, PRICES.unbegun
    assert price("huoguodian", "火锅店") == 0
    assert price("huoguodi", "火锅店") == pytest.approx(begun)
    assert price("huoguod", "火锅店") == pytest.approx(max(short, begun))
    assert price("huoguo", "火锅店") == pytest.approx(missing)
    assert price("hgd", "火锅店") == pytest.approx(2 * short + max(short, begun))
    assert price("xian", "西安") == 0


# --- lists ---


def list_file(folder: Path, content: str | bytes, name: str = "list.txt") -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_a_list_has_words_with_or_without_counts(tmp_path):
    found = read_list(list_file(tmp_path, "\ufeff火锅\t12\n5G\n\nhello 3 n\n火锅 1\n"))
    assert found == WordList({"火锅": 13.0}, {"5G": 1.0, "hello": 3.0})


def test_words_that_cannot_be_shown_are_left_out(tmp_path):
    assert read_list(list_file(tmp_path, "火\u202e锅 1\n\x1b[31m红 2\n好 3\n")) == WordList({"好": 3.0}, {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no words"),
        ("\n \n", "has no words"),
        ("火锅 三\n", "line 1: a line is a word, or a word and how often it occurs"),
        ("火锅 -3\n", "is not how often a word can occur"),
        ("火锅 nan\n", "is not how often a word can occur"),
        ("火锅 1\n".encode("utf-16"), "is not in UTF-8"),
        ("火锅 1\n".encode("gb18030"), "is not in UTF-8"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, content, message):
    with pytest.raises(SeqchatError, match=message):
        read_list(list_file(tmp_path, content))


def test_a_missing_list_is_refused(tmp_path):
    with pytest.raises(SeqchatError, match="There is no file"):
        read_list(str(tmp_path / "none.txt"))


def test_a_wrong_line_among_many_is_left_out(tmp_path):
    messages: list[str] = []

    class Watcher:
        def message(self, text: str) -> None:
            messages.append(text)

        def progress(self, text: str, share: float) -> None: ...

    content = "".join(f"{c} 1\n" for c in "一二三四五六七八九十百千") + "火锅 12s\n"
    assert len(read_list(list_file(tmp_path, content), Watcher()).han) == 12
    assert "line 13" in messages[0]
    assert "1 such line" in messages[0]


def test_the_mean_of_lists_is_taken():
    first = WordList({"好": 60, "不": 30, "发": 10}, {"ok": 1})
    second = WordList({"好": 3, "不": 1, "發": 6}, {})
    found = merged([first, second], han=10, others=10)
    # Both have 好 and 不 in 90 of 100 words; the traditional character is left out.
    assert found.han == pytest.approx({"好": (0.6 + 0.9 * 3 / 4) / 2, "不": (0.3 + 0.9 / 4) / 2, "发": 0.05})
    # A list counts for the language that most of it is in.
    assert found.others == {}


def test_a_list_of_few_words_does_not_raise_them():
    general = WordList({f"{a}{b}": 10.0 for a in "天地玄黄" for b in "宇宙洪荒虫茶"} | {"土豆": 1.0}, {})
    food = WordList({"土豆": 1000.0, "虫茶": 500.0}, {})
    found = merged([general, food], han=100, others=0).han
    assert found["虫茶"] < found["土豆"] < found["天宇"]


def test_halves_of_contractions_are_no_words():
    spoken = WordList({}, {"shouldn": 50.0, "t": 90.0, "ll": 40.0, "won": 20.0, "go": 100.0})
    written = WordList({}, {"shouldn't": 30.0, "shouldn": 1.0, "we'll": 20.0, "won't": 12.0, "won": 10.0, "go": 90.0})
    assert set(merged([spoken, written], han=10, others=10).others) == {"shouldn't", "we'll", "won't", "won", "go"}


def test_the_most_frequent_words_are_kept():
    words = WordList({"一": 3, "二": 2, "三": 1}, {})
    english = WordList({}, {"one": 3, "two": 5, "x": 9, "a1": 9, "naïve": 1, "it’s": 4, "well-known": 7, "日本": 1})
    found = merged([words, english], han=2, others=10)
    assert set(found.han) == {"一", "二"}
    assert set(found.others) == {"one", "two", "naïve", "it's"}


def test_the_command_makes_a_file_that_can_be_mapped(tmp_path):
    first = list_file(tmp_path, "".join(f"{word}\t{n}\n" for word, n in HAN.items()), "zh.txt")
    second = list_file(tmp_path, "".join(f"{word} {n}\n" for word, n in OTHER.items()), "en.txt")
    out = tmp_path / "words.safetensors"
    done = CliRunner().invoke(command, [first, second, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "9 Chinese words and 6 other words" in done.output
    assert sorted(Lexicon.open(out)) == sorted([*HAN, *OTHER])


# --- damaged files ---


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 7, b"\xff" * 40, b"\x02\x00\x00\x00\x00\x00\x00\x00{}", b"hello " * 9]
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "words.safetensors"
    path.write_bytes(content)
    with pytest.raises(SeqchatError, match="not a lexicon"):
        Lexicon.open(path)


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    content = build(WordList(HAN, OTHER))
    path = tmp_path / "words.safetensors"
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(SeqchatError):
            Lexicon.open(path)


def test_too_many_words_or_none_are_refused(monkeypatch):
    monkeypatch.setattr("seqchat.corpus.lexicon_building.MAX_WORDS", 5)
    with pytest.raises(SeqchatError, match="at most 5 words, not 6"):
        build(WordList(Counter("一二三四五六"), {}))
    with pytest.raises(SeqchatError, match="no words"):
        build(WordList({}, {}))
