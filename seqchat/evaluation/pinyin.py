"""Typing Chinese in pinyin: which phrases a model finds from their letters, and how many keys a typist needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.errors import SeqchatError
from seqchat.evaluation.keystrokes import Dialogs
from seqchat.evaluation.pinyin_samples import (
    SpelledText,
    abbreviated,
    phrase_spans,
    sample,
    sentence_spans,
    short_phrase_spans,
)
from seqchat.progress import SILENT, Progress

# The text before the cursor → the suggestions for it
Suggester = Callable[[str], Sequence[Suggestion]]

# How many candidates a typist sees.
CANDIDATES = 5


@dataclass(frozen=True)
class Conversion:
    """How well texts are found from their pinyin, all letters typed at once.

    count, characters: of the texts
    top1, top5: the share of texts for which the first suggestion, or one of the first five, inserts the whole text in
        place of all letters
    exact: the share for which the first of the five that inserts as many characters as the text is the text, so that
        lengthenings of it do not count
    """

    count: int
    characters: int
    top1: float
    top5: float
    exact: float

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return dict(vars(self))


@dataclass(frozen=True)
class PinyinResult:
    """The result of `measure_pinyin`; None for what the texts do not have.

    phrases: of 4 to 9 characters, after the text before them in their dialog
    sentences: of 4 to 16 characters, after nothing
    keys_per_character: of a typist who types the phrases (`type_text`)
    abbreviated: phrases of 3 to 8 characters, after nothing, of whose syllables a share is typed by the first letter
    """

    phrases: Conversion | None
    sentences: Conversion | None
    keys_per_character: float | None
    abbreviated: Conversion | None = None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; null for what is not known."""
        return {
            "phrases": self.phrases.to_json() if self.phrases else None,
            "sentences": self.sentences.to_json() if self.sentences else None,
            "keys_per_character": self.keys_per_character,
            "abbreviated": self.abbreviated.to_json() if self.abbreviated else None,
        }


def measure_pinyin(
    engine: Engine, dialogs: Dialogs, count: int, progress: Progress = SILENT, rate: float = 0.0
) -> PinyinResult:
    """Type a sample of `count` phrases, and one of `count` sentences, of dialogs in pinyin.

    rate: the share of the syllables of another sample, of short phrases, that are abbreviated; 0 for no such sample.

    Raises:
        SeqchatError: `count` is less than 1.
    """
    return measure_pinyin_with(
        lambda text: suggest(engine, text, CANDIDATES), dialogs, count, progress, engine.name, rate
    )


def measure_pinyin_with(
    suggester: Suggester,
    dialogs: Dialogs,
    count: int,
    progress: Progress = SILENT,
    name: str = "",
    rate: float = 0.0,
) -> PinyinResult:
    """Type with suggestions from anywhere, otherwise as `measure_pinyin`; name: what `progress` shows."""
    if count < 1:
        raise SeqchatError(f"The number of phrases to type is at least 1, not {count}.")
    progress.message("Looking for phrases to type in pinyin")
    phrases = sample(dialogs, phrase_spans, count)
    sentences = sample(dialogs, sentence_spans, count, context=False)
    short = (
        [abbreviated(text, rate) for text in sample(dialogs, short_phrase_spans, count, context=False)] if rate else []
    )
    keys = 0
    for number, phrase in enumerate(phrases, 1):
        keys += type_text(suggester, phrase)
        progress.progress(f"{name} types phrases in pinyin", number / len(phrases))
    return PinyinResult(
        convert(suggester, phrases, progress, f"{name} reads phrases in pinyin"),
        convert(suggester, sentences, progress, f"{name} reads sentences in pinyin"),
        keys / sum(len(phrase.text) for phrase in phrases) if phrases else None,
        convert(suggester, short, progress, f"{name} reads abbreviated pinyin"),
    )


def convert(
    suggester: Suggester, texts: Sequence[SpelledText], progress: Progress = SILENT, title: str = ""
) -> Conversion | None:
    """Type the pinyin of each text at once; return how many are found, None if there is no text."""
    if not texts:
        return None
    first = five = exact = 0
    for number, text in enumerate(texts, 1):
        offered = [
            suggestion.insert if suggestion.replace == len(text.letters) else ""
            for suggestion in suggester(text.left + text.letters)[:CANDIDATES]
        ]
        first += offered[:1] == [text.text]
        five += text.text in offered
        exact += [insert for insert in offered if len(insert) == len(text.text)][:1] == [text.text]
        progress.progress(title, number / len(texts))
    count = len(texts)
    return Conversion(count, sum(len(text.text) for text in texts), first / count, five / count, exact / count)


def type_text(suggester: Suggester, text: SpelledText) -> int:
    """Return the keys that a typist presses for a text, after what is left of it.

    Before each key, the typist looks at the first five candidates. One fits if it inserts the next characters of the
    text, none beyond its end, in place of all letters typed since the last candidate was taken, and if the pinyin of
    these characters begins with these letters; where no letter is typed, it is a candidate for the next word. If one
    fits, the longest is taken: one key. If none does, the next letter of the full pinyin is typed: one key. Once all
    letters of the rest are typed and no candidate fits, each character of the rest is picked by itself: one key each.
    """
    keys = done = 0
    while done < len(text.text):
        rest, letters = text.text[done:], "".join(text.syllables[done:])
        for typed in range(len(letters) + 1):
            offered = suggester(text.left + text.text[:done] + letters[:typed])[:CANDIDATES]
            taken = max((_taken(suggestion, text, done, typed) for suggestion in offered), default=0)
            if taken:
                break
        keys += typed + (1 if taken else len(rest))
        done += taken or len(rest)
    return keys


def _taken(suggestion: Suggestion, text: SpelledText, done: int, typed: int) -> int:
    """Return how many characters a candidate adds after the first `done` ones; 0 if it does not fit."""
    count = len(suggestion.insert)
    fits = suggestion.replace == typed and text.text.startswith(suggestion.insert, done)
    return count if fits and len("".join(text.syllables[done : done + count])) >= typed else 0
