"""A lecturer's own lessons: files in TOML, a lesson each."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError, one_line, quoted
from seqchat.files import is_file, is_folder, read_bytes
from seqchat.lessons.choice import Need, Untrained
from seqchat.lessons.lesson import Drawing, Lesson, LessonText, View
from seqchat.lessons.question import LETTERS, Answer, ChoiceAnswer, NumberAnswer, Question, QuestionText, WordAnswer
from seqchat.model.cells import CELLS, Cell
from seqchat.model.config import ModelConfig
from seqchat.model.folder import CONFIG
from seqchat.model.model_registry import describe
from seqchat.wording import listed

T = TypeVar("T")

_MOST_BYTES = 1_000_000
_MOST_MODELS = 3
_LANGUAGES = ("en", "zh")
_LESSON_KEYS = (
    *("title", "text", "task", "models", "example", "translation", "word", "view", "drawing"),
    *("gates", "formulas", "formula", "layer", "neuron", "target", "questions"),
)
_QUESTION_KEYS = ("question", "kind", "answer", "tolerance", "choices", "because")


def own_lessons(folder: Path) -> tuple[Lesson, ...]:
    """Read all lessons of a folder, in the order of the names of their files.

    Raises:
        SeqchatError: there is none, or one has a mistake; the message names the file and the key.
    """
    if not is_folder(folder):
        raise SeqchatError(f"{one_line(folder)} is not a folder; give the folder of your lessons.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".toml")
    if not files:
        raise SeqchatError(f"{one_line(folder)} has no lessons, which are files that end with .toml.")
    return tuple(map(read_lesson, files))


def read_lesson(path: Path) -> Lesson:
    """Read a lesson.

    Raises:
        SeqchatError: it cannot be read, or has a mistake.
    """
    try:
        content = tomllib.loads(read_bytes(path, _MOST_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise SeqchatError(f"{one_line(path)} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError:
        raise SeqchatError(f"{one_line(path)} is not in UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise SeqchatError(f"{one_line(path)} is not TOML: {one_line(error)}.") from error
    return _lesson(_Table(path, content, _LESSON_KEYS))


class _Table:
    """A table of a file, from which values are taken by their key; a mistake names both."""

    def __init__(self, path: Path, values: Mapping[str, Any], keys: Sequence[str], where: str = "") -> None:
        self.path, self._values, self._where = path, values, where
        for key in values:
            if key not in keys:
                raise self.mistake(key, f"is unknown; the keys are {listed(keys)}")

    def mistake(self, key: str, what: str) -> SeqchatError:
        """Return an error about the value of a key."""
        return SeqchatError(f"{one_line(self.path)}: {self._where}{quoted(key)} {what}.")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str, kind: type[T], what: str, default: T | None = None) -> T:
        """Return a value of a type; `what` it must be, in words. Without a default there must be one."""
        if key not in self._values:
            if default is None:
                raise self.mistake(key, f"is missing; it is {what}")
            return default
        value = self._values[key]
        # True is a number for Python.
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.mistake(key, f"is {what}, not {quoted(value)}")
        return value

    def line(self, key: str, what: str = "a text", default: str | None = None) -> str:
        """Return a text that is the same in both languages."""
        return clean(self.take(key, str, what, default))

    def number(self, key: str, what: str, default: float | None = None) -> float:
        """Return a finite number; `what` it must be, in words."""
        found = self.take(key, object, what, default)
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not abs(found) < math.inf:
            raise self.mistake(key, f"is {what}, not {quoted(found)}")
        return float(found)

    def text(self, key: str, default: str | None = None) -> dict[str, str]:
        """Return a text in each language: one text for both, or a table with one for each."""
        return self._both(key, self.take(key, object, "a text", default))

    def texts(self, key: str) -> list[dict[str, str]]:
        """Return a list of texts in each language."""
        return [self._both(key, value) for value in self.take(key, list, "a list of texts", [])]

    def _both(self, key: str, value: object) -> dict[str, str]:
        if isinstance(value, str):
            return dict.fromkeys(_LANGUAGES, clean(value))
        if not isinstance(value, dict) or not value or not all(isinstance(text, str) for text in value.values()):
            raise self.mistake(key, f"is a text, or a table of texts for en and zh, not {quoted(value)}")
        if unknown := value.keys() - set(_LANGUAGES):
            raise self.mistake(key, f"has the unknown language {quoted(min(unknown))}; there are en and zh")
        first = next(iter(value.values()))
        return {language: clean(value.get(language, first)) for language in _LANGUAGES}

    def one_of(self, key: str, values: Sequence[str], default: str | None = None) -> str:
        """Return a value that is one of some."""
        found = self.take(key, str, f"one of {listed([v for v in values if v], 'or')}", default)
        if found not in values:
            raise self.mistake(key, f"is one of {listed([v for v in values if v], 'or')}, not {quoted(found)}")
        return found

    def names(self, key: str, allowed: Sequence[str], what: str) -> tuple[str, ...]:
        """Return a list of names that are all among those allowed."""
        found = self.take(key, list, f"a list of {what}s", [])
        for name in found:
            if name not in allowed:
                raise self.mistake(key, f"has the unknown {what} {quoted(name)}; there are {listed(allowed)}")
        return tuple(found)

    def index(self, key: str, first: int, count: int) -> int:
        """Return a number, counted from `first`, of this many things, counted from 0."""
        found = self.take(key, int, "a whole number", first)
        if not first <= found < first + count:
            raise self.mistake(key, f"is between {first} and {first + count - 1}, not {quoted(found)}")
        return found - first

    def tables(self, key: str, keys: Sequence[str], name: str) -> list[_Table]:
        """Return the tables of a list of tables."""
        found = self.take(key, list, f"a list of tables, [[{key}]]", [])
        if not all(isinstance(value, dict) for value in found):
            raise self.mistake(key, f"is a list of tables, [[{key}]]")
        return [_Table(self.path, value, keys, f"{name} {n}, ") for n, value in enumerate(found, 1)]


def _lesson(table: _Table) -> Lesson:
    needs, configs = _models(table)
    cells = [CELLS[need.cell] for need in needs]
    gates = _common([gate.name for gate in cell.gates] for cell in cells)
    example = table.line("example")
    word = table.line("word", "a word of the example", "")
    if word not in example:
        raise table.mistake("word", f"is not in the example: {quoted(word)}")
    title, text, task = table.text("title"), table.text("text"), table.text("task", "")
    said = {language: LessonText(title[language], text[language], task[language]) for language in _LANGUAGES}
    view = table.one_of("view", get_args(View), "gates")
    return Lesson(
        needs=needs,
        gates=table.names("gates", gates, "gate") or (cells[0].kept_state,),
        formulas=_formulas(table, cells),
        more=table.line("formula", default=""),
        example=example,
        translation=table.line("translation", default=""),
        word=word,
        view=view,  # type: ignore[arg-type]
        drawing=table.one_of("drawing", get_args(Drawing), ""),  # type: ignore[arg-type]
        layer=table.index("layer", 1, min(config.layers for config in configs)),
        neuron=table.index("neuron", 0, min(config.hidden_size for config in configs)),
        target=table.line("target", "a word", ""),
        english=said["en"],
        chinese=said["zh"],
        questions=tuple(map(_question, table.tables("questions", _QUESTION_KEYS, "question"))),
    )


def _common(lists: Any) -> list[str]:
    first, *others = lists
    return [name for name in first if all(name in other for other in others)]


def _formulas(table: _Table, cells: Sequence[Cell]) -> tuple[tuple[str, str], ...]:
    names = table.names("formulas", [gate.name for gate in cells[0].gates], "gate")
    return tuple((cells[0].name, name) for name in names)


# --- models


def _models(table: _Table) -> tuple[tuple[Need, ...], list[ModelConfig]]:
    given = table.take("models", list, "a list of models")
    if not 1 <= len(given) <= _MOST_MODELS:
        raise table.mistake("models", f"names 1 to {_MOST_MODELS} models, not {len(given)}")
    found = [_untrained(table, model) if isinstance(model, dict) else _named(table, model) for model in given]
    return tuple(need for need, _ in found), [config for _, config in found]


def _named(table: _Table, name: object) -> tuple[Need, ModelConfig]:
    if not isinstance(name, str) or not name:
        raise table.mistake("models", f"is a list of names or folders of models, not {quoted(name)}")
    # A folder may travel with the lesson.
    beside = table.path.parent / name
    model = str(beside) if is_file(beside / CONFIG) else name
    try:
        config = describe(model).config
    except SeqchatError:
        raise table.mistake("models", f"has the unknown model {quoted(name)}; 'seqchat models' lists all") from None
    need = Need(
        config.cell, config.layers, config.objective == "infill", config.objective == "window", model=model, only=True
    )
    return need, config


def _untrained(table: _Table, values: dict[str, Any]) -> tuple[Need, ModelConfig]:
    inner = _Table(table.path, values, ("untrained", "factor"), "models, ")
    cell = inner.one_of("untrained", list(CELLS))
    factor = inner.number("factor", "a number above 0", 1.0)
    if not 0 < factor <= 1e6:
        raise inner.mistake("factor", f"is a number above 0, not {factor:g}")
    made = Untrained(cell, factor)
    return Need(cell, untrained=made), describe(made.like).config


# --- questions


def _question(table: _Table) -> Question:
    asked, because, options = table.text("question"), table.text("because", ""), table.texts("choices")
    answer = _ANSWERS[table.one_of("kind", list(_ANSWERS))](table, options)
    for key, kind in (("tolerance", NumberAnswer), ("choices", ChoiceAnswer)):
        if key in table and not isinstance(answer, kind):
            raise table.mistake(key, "does not belong to an answer of this kind")
    english, chinese = (
        QuestionText(asked[language], because[language], tuple(option[language] for option in options))
        for language in _LANGUAGES
    )
    return Question(english, chinese, answer)


def _number(table: _Table, options: Sequence[dict[str, str]]) -> Answer:
    value, tolerance = table.number("answer", "a number"), table.number("tolerance", "a number, 0 or more", 0.0)
    if tolerance < 0:
        raise table.mistake("tolerance", f"is a number, 0 or more, not {tolerance:g}")
    return NumberAnswer(value, tolerance)


def _choice(table: _Table, options: Sequence[dict[str, str]]) -> Answer:
    answer = table.line("answer", "one of the choices")
    if not 2 <= len(options) <= len(LETTERS):
        raise table.mistake("choices", f"lists 2 to {len(LETTERS)} texts, not {len(options)}")
    for language in _LANGUAGES:
        texts = [option[language] for option in options]
        if len(set(texts)) < len(texts):
            raise table.mistake("choices", "has the same text twice")
        if answer in texts:
            return ChoiceAnswer(texts.index(answer))
    raise table.mistake("answer", f"is one of the choices, not {quoted(answer)}")


def _word(table: _Table, options: Sequence[dict[str, str]]) -> Answer:
    word = table.line("answer", "a word")
    if not word.strip():
        raise table.mistake("answer", "is a word, not an empty text")
    return WordAnswer(word)


_ANSWERS: dict[str, Callable[[_Table, Sequence[dict[str, str]]], Answer]] = {
    "number": _number,
    "choice": _choice,
    "word": _word,
}
