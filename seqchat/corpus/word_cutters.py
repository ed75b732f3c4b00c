"""Words of scripts without spaces, found with a dictionary: optional libraries, one a language.

Without its library, the text of such a language is cut into single characters. A model's segmenter names the cutters
that its text needed (``unicode+th``), so that it cuts what is typed in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from seqchat.corpus.scripts import HAN, KANA, compiled, graphemes
from seqchat.errors import SeqchatError, quoted

if TYPE_CHECKING:
    import regex

Cut = Callable[[str], Iterable[str]]

# Of the letters; with fewer, single characters do.
_LEAST_SHARE = 0.01
# Of kana among these and Chinese characters: a Chinese chat with some Japanese keeps its Chinese words.
_LEAST_KANA = 0.2


class WordCutter(NamedTuple):
    """A library that finds the words of a language.

    code: names it in a segmenter, and is the extra of the package; package: what is imported; letters: a class of
    regular expressions with the letters by which the language is known; run: one with all that it cuts; load: returns
    the function that cuts.
    """

    code: str
    language: str
    package: str
    letters: str
    run: str
    load: Callable[[], Cut]

    @property
    def is_installed(self) -> bool:
        """Whether its library is there."""
        return find_spec(self.package) is not None

    @property
    def missing(self) -> str:
        """What is different without its library, and how to get it."""
        return f"{self.language} is cut into single characters; {self.advice} finds its words"

    @property
    def advice(self) -> str:
        """How to get its library."""
        return f"pip install 'seqchat[{self.code}]'"


def _japanese() -> Cut:
    import fugashi
    import ipadic

    tagger = fugashi.GenericTagger(ipadic.MECAB_ARGS)
    return lambda text: (word.surface for word in tagger(text))


def _thai() -> Cut:
    from pythainlp.tokenize.newmm import segment

    return lambda text: segment(text)


def _khmer() -> Cut:
    from khmercut import tokenize

    return lambda text: tokenize(text)


CUTTERS: Mapping[str, WordCutter] = {
    cutter.code: cutter
    for cutter in (
        WordCutter("ja", "Japanese", "fugashi", "\u3041-\u3096\u30a1-\u30fa", f"{HAN}{KANA}", _japanese),
        WordCutter("th", "Thai", "pythainlp", r"\p{Script=Thai}", r"\p{Script=Thai}", _thai),
        WordCutter("km", "Khmer", "khmercut", r"\p{Script=Khmer}", r"\p{Script=Khmer}\u200b", _khmer),
    )
}


@lru_cache(len(CUTTERS))
def cutting(code: str) -> Cut:
    """Return the function with which a cutter cuts a run of its script.

    Raises:
        SeqchatError: there is no such cutter, or its library is not installed.
    """
    cutter = CUTTERS.get(code)
    if cutter is None:
        raise SeqchatError(f"There is no segmenter for {quoted(code)}; there are those for {', '.join(CUTTERS)}.")
    if not cutter.is_installed:
        raise SeqchatError(
            f"The words of {cutter.language} are found with {cutter.package}, which is missing: {cutter.advice}."
        )
    loaded: list[Cut] = []

    @lru_cache(maxsize=50_000)
    def cut(run: str) -> tuple[str, ...]:
        if not loaded:
            loaded.append(cutter.load())
        words = tuple(filter(None, loaded[0](run)))
        # What a library normalises would not join to the text again.
        return words if "".join(words) == run else tuple(graphemes(run))

    return cut


def languages_of(counts: Mapping[str, int]) -> list[WordCutter]:
    """Return the cutters that a text needs, given how often each of its words, or parts of it, occurs."""
    letters = dict.fromkeys(CUTTERS, 0)
    han = total = 0
    for word, count in counts.items():
        if word.isascii():
            total += count * len(word)
            continue
        for code, cutter in CUTTERS.items():
            letters[code] += count * len(_letters(cutter.letters).findall(word))
        han += count * len(_letters(HAN).findall(word))
        total += count * len(word)
    needed = [code for code, number in letters.items() if number > _LEAST_SHARE * total]
    few_kana = letters["ja"] < _LEAST_KANA * (letters["ja"] + han)
    return [CUTTERS[code] for code in needed if not (code == "ja" and few_kana)]


def _letters(letters: str) -> regex.Pattern[str]:
    return compiled(f"[{letters}]")
