"""What a person may set, as a table; read from and written to a TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from seqchat.errors import SeqchatError, one_line, quoted
from seqchat.files import read_bytes, write_private
from seqchat.model.model_registry import DEFAULT_MODEL
from seqchat.tui.language import AUTO, TABLES, say

# Nobody sets so much.
_MAX_BYTES = 1_000_000

Value = str | bool | int | float


@dataclass(frozen=True)
class Settings:
    """The settings of the app; `keys` maps ``scope.name`` of `keys.KEYS` to other keys."""

    language: str = AUTO
    theme: str = "seqchat-dark"
    model: str = DEFAULT_MODEL
    pinyin: bool = True
    space: str = "types"
    ghost_words: int = 4
    continuations: bool = True
    temperature: float = 0.8
    top_p: float = 0.95
    panel: bool = True
    heat_map: str = AUTO
    shading: str = "none"
    keys: Mapping[str, str] = field(default_factory=dict)

    def changed(self, name: str, value: Value) -> Settings:
        """Return settings in which one has another value."""
        values: dict[str, Any] = {name: value}
        return dataclasses.replace(self, **values)


@dataclass(frozen=True)
class Option:
    """One setting: its name, what it does, and its values: some choices, a range with a step, or any text."""

    name: str
    text: str
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    step: float = 1

    @property
    def default(self) -> Value:
        """The value where none is set."""
        value: Value = getattr(Settings(), self.name)
        return value

    def problem(self, value: object) -> str | None:
        """Return what is wrong with a value, None where nothing is."""
        default = self.default
        if isinstance(default, bool):
            return None if isinstance(value, bool) else say("true or false")
        if isinstance(default, int | float):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if isinstance(default, int):
                number = isinstance(value, int) and number
            within = number and self.low <= value <= self.high  # type: ignore[operator]
            return None if within else say("a number from {low:g} to {high:g}", low=self.low, high=self.high)
        if self.choices:
            return None if value in self.choices else say("one of {choices}", choices=", ".join(self.choices))
        return None if isinstance(value, str) and value else say("a text")


# The settings screen shows them in this order; README lists them too.
OPTIONS: tuple[Option, ...] = (
    Option("language", "Language, from the next start", choices=(AUTO, *TABLES)),
    Option("theme", "Theme"),
    Option("model", "Model that is opened where none is named"),
    Option("pinyin", "Read Latin letters at the cursor as pinyin"),
    Option("space", "Space takes the first candidate", choices=("types", "completes", "takes")),
    Option("ghost_words", "Words of grey text at the cursor at most", high=10),
    Option("continuations", "Write continuations"),
    Option("temperature", "Temperature of continuations", high=2, step=0.1),
    Option("top_p", "Top-p of continuations", low=0.05, high=1, step=0.05),
    Option("panel", "Show the gates"),
    Option("heat_map", "Draw the gates as", choices=(AUTO, "colours", "bars")),
    Option("shading", "Shade the text by", choices=("none", "candidate", "neuron")),
)
_BY_NAME = {option.name: option for option in OPTIONS}


def load(path: Path) -> tuple[Settings, list[str]]:
    """Return the settings of a file, and a sentence on each of its entries that is not used."""
    try:
        document = tomllib.loads(read_bytes(path, _MAX_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return Settings(), []
    except (OSError, ValueError, RecursionError) as error:  # of wrong TOML, and of numbers and lists without end
        reason = one_line(error.strerror if isinstance(error, OSError) else error)
        return Settings(), [say("{path} cannot be read ({reason}); the defaults are used.", path=path, reason=reason)]
    return _checked(document, path.name)


def _checked(document: Mapping[str, Any], file: str) -> tuple[Settings, list[str]]:
    settings, problems = Settings(), []
    for name, value in document.items():
        if name == "keys":
            continue
        if name not in _BY_NAME:
            near = get_close_matches(name, _BY_NAME, 1)
            problems.append(say("{file}: there is no setting {name}.", file=file, name=quoted(name)))
            problems[-1] += say(" Is {near!r} meant?", near=near[0]) if near else ""
        elif wanted := _BY_NAME[name].problem(value):
            problems.append(
                say(
                    "{file}: {name} is {wanted}, not {value}.", file=file, name=name, wanted=wanted, value=quoted(value)
                )
            )
        else:
            settings = settings.changed(name, value)
    keys, wrong = _flat(document.get("keys", {}), file)
    return dataclasses.replace(settings, keys=keys), problems + wrong


def _flat(table: object, file: str) -> tuple[dict[str, str], list[str]]:
    """Return ``{"bar.commit": "enter"}`` for ``[keys.bar] commit = "enter"``."""
    if not isinstance(table, dict):
        return {}, [say("{file}: keys is a table, such as [keys.bar].", file=file)]
    keys, problems = {}, []
    for scope, entries in table.items():
        for name, value in entries.items() if isinstance(entries, dict) else [("", None)]:
            if isinstance(value, str) and value.strip():
                keys[f"{scope}.{name}"] = value
            else:
                what = f"keys.{scope}" + (f".{name}" if name else "")
                problems.append(say("{file}: {what} is not a key.", file=file, what=one_line(what, 80)))
    return keys, problems


def save(path: Path, name: str, value: Value) -> None:
    """Set one entry of a file, whatever else stands in it; the file is made where there is none.

    Raises:
        SeqchatError: the file holds no TOML, or cannot be written.
    """
    from tomlkit.exceptions import TOMLKitError

    try:
        text = read_bytes(path, _MAX_BYTES).decode("utf-8") if path.exists() else ""
        changed = _with_entry(text, name, value)
        wanted = _checked(tomllib.loads(text), path.name)[0].changed(name, value)
        # The library has put entries into tables where they were not meant to be.
        if _checked(tomllib.loads(changed), path.name)[0] != wanted:
            raise ValueError(say("it has to be set by hand"))
    except (OSError, ValueError, RecursionError, TOMLKitError) as error:
        reason = one_line(error)
        raise SeqchatError(say("The setting was not kept: {path}: {reason}.", path=path, reason=reason)) from error
    write_private(path.resolve(), changed)


def _with_entry(text: str, name: str, value: Value) -> str:
    """Return a TOML text with one entry changed, removed if it is the default, or put before all else."""
    import tomlkit

    document = tomlkit.parse(text)
    if value == _BY_NAME[name].default:
        document.pop(name, None)
    elif name in document:
        document[name] = value
    else:
        return tomlkit.dumps({name: value}) + text
    return tomlkit.dumps(document)
