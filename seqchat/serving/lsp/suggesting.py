"""What is offered at a place of a document: candidates for a list, and grey text; the document's words are expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from seqchat.completion.composing.meaning import look_ahead
from seqchat.completion.engine import Engine
from seqchat.completion.ghost import words_ahead
from seqchat.completion.habits import Habits
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.completion.worth import is_grey, worthwhile
from seqchat.corpus.letters import letters_at_end
from seqchat.corpus.words import is_letter
from seqchat.serving.lsp.document import Document, Place
from seqchat.serving.lsp.unknown_words import UnknownWords, without_last_word

# The words elsewhere in a document are read again when the cursor has moved so many lines.
_NEAR = 40
# Words that the model lacks are read again in another line, and after so many characters.
_FAR = 80
_GHOST_WORDS = 4


@dataclass(frozen=True)
class Candidate:
    """A text that may be inserted.

    typed: what it replaces before the cursor, letters or the beginning of the word; text: what is there then; shown:
    the part of it that is new or changed, or all of a word that was begun.
    """

    typed: str
    text: str
    shown: str
    probability: float


@dataclass(frozen=True)
class Choice:
    """What the writer wants.

    k: candidates at most; pinyin: whether letters are read as pinyin too; remembered: texts that they wrote before;
    habits: their words, and then those of their documents as well.
    """

    k: int = 9
    pinyin: bool = True
    remembered: Sequence[str] = ()
    habits: Habits = field(default_factory=Habits)


class Suggester:
    """The suggestions for one document; it has an engine of its own."""

    def __init__(self, engine: Engine, document: Document, choice: Choice, unknown_words: UnknownWords) -> None:
        """unknown_words: those of all documents that the server has open."""
        self._engine, self._document, self._choice = engine, document, choice
        # The line near which the words elsewhere were read
        self._read_at: int | None = None
        self._unknown_words = unknown_words
        # The place at which the words that the model lacks were read
        self._unknown_read_at = Place(-1, 0)

    def candidates(self, place: Place, *, worth: bool) -> list[Candidate]:
        """Return candidates at a place, the best first; worth: only those that are worth a glance.

        All of them replace the same text: editors rank by what is replaced, and would change the order.
        """
        self._read_unknown_words(place)
        text, found = self._suggestions(place, self._choice.k)
        if worth:
            found = worthwhile(found, text, self._engine.vocabulary, False)
        candidates = [_candidate(text, suggestion) for suggestion in found]
        typed = max((candidate.typed for candidate in candidates), key=len, default="")
        return [replacing(typed, candidate) for candidate in candidates]

    def grey_text(self, place: Place, stops: Callable[[], bool]) -> str:
        """Return the text that may be shown in grey at a place, empty if none is probable enough or is there already.

        stops: asked after each word whether to go no further.
        """
        text, found = self._suggestions(place, 1)
        if not found or not is_grey(found[0]):
            return ""
        after = self._document.after(place).partition("\n")[0]
        if _is_inside_word(text, after) or _begins_with(after, found[0].insert):
            return ""
        return found[0].insert + words_ahead(self._engine, text, found[0], _GHOST_WORDS, stops)

    def look_ahead(self, place: Place) -> None:
        """Compute what candidates after one letter more will need of those before it."""
        text = self._document.before(place)
        letters = letters_at_end(text)
        if letters and self._choice.pinyin and self._engine.vocabulary.has_chinese:
            look_ahead(self._engine, text, len(letters), tones=True)

    def reading(self, place: Place) -> Callable[[], Engine] | None:
        """Return what reads the words that are elsewhere in the document, for any thread; None if that was done.

        What it returns is for `remember`.
        """
        if self._read_at is not None and abs(place.line - self._read_at) < _NEAR:
            return None
        self._read_at = place.line
        self._document.before(place)
        lines = self._document.elsewhere(place)
        reader = self._engine.fork()

        def read() -> Engine:
            reader.learn([*self._choice.remembered, *lines])
            return reader

        return read

    def remember(self, reader: Engine) -> None:
        """Expect the words that an engine has read."""
        self._engine.memory = reader.memory

    def _read_unknown_words(self, place: Place) -> None:
        """Expect the words that the model lacks, once the cursor is in another line or far from where it was."""
        line, column = self._unknown_read_at
        if place.line != line or abs(place.column - column) >= _FAR:
            self._unknown_read_at = place
            # What is elsewhere depends on where this begins.
            before = self._document.before(place)
            self._unknown_words.read([*self._document.elsewhere(place), without_last_word(before)])

    def _suggestions(self, place: Place, k: int) -> tuple[str, list[Suggestion]]:
        text = self._document.before(place)
        after = self._document.after(place) if self._engine.reads_both_sides else ""
        return text, suggest(self._engine, text, k, after=after, pinyin=self._choice.pinyin)


def _is_inside_word(before: str, after: str) -> bool:
    """Whether a word that spaces separate goes on from one text to the other."""
    return is_letter(before[-1:]) and is_letter(after[:1])


def _begins_with(text: str, words: str) -> bool:
    """Whether a text begins with words, apart from spaces."""
    rest = text.lstrip().removeprefix(words.strip())
    return rest != text.lstrip() and not _is_inside_word(words.strip(), rest)


def _candidate(text: str, suggestion: Suggestion) -> Candidate:
    """Return what a suggestion replaces and with what: for the rest of a word, the whole word."""
    typed = text[len(text) - suggestion.replace :] if suggestion.replace else ""
    if suggestion.completes and not suggestion.replace:
        begun = text[len(text) - len(suggestion.word) + len(suggestion.insert) :]
        if f"{begun}{suggestion.insert}".casefold() == suggestion.word.casefold():
            whole = begun + suggestion.insert
            return Candidate(begun, whole, whole, suggestion.probability)
    return Candidate(typed, suggestion.insert, suggestion.insert, suggestion.probability)


def replacing(typed: str, candidate: Candidate) -> Candidate:
    """Return a candidate that replaces more, of which its own `typed` is the end, or itself if that is as long."""
    if len(typed) <= len(candidate.typed):
        return candidate
    kept = typed[: len(typed) - len(candidate.typed)]
    return replace(candidate, typed=typed, text=kept + candidate.text)
