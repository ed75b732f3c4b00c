"""What a person may set, declared once; read from and written to a TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from seqchat.corpus.double_pinyin import LAYOUTS
from seqchat.corpus.fuzzy_pinyin import GROUPS
from seqchat.corpus.spelling import Spelling
from seqchat.declared import Declaration, Range, declarations, declared
from seqchat.errors import SeqchatError, one_line, quoted
from seqchat.files import read_bytes, write_private
from seqchat.model.model_registry import DEFAULT_MODEL
from seqchat.tui.language import AUTO, TABLES, say

# No real settings file is this large.
_MAX_BYTES = 1_000_000

_OFF = "off"

Value = str | bool | int | float


@dataclass(frozen=True)
class Settings:
    """The settings of the app, in the order of the form; `keys` maps ``scope.name`` of `keys.KEYS` to other keys."""

    language: str = declared(AUTO, "Language (from the next start)", choices=(AUTO, *TABLES))
    theme: str = declared("seqchat-dark", "Theme")
    model: str = declared(DEFAULT_MODEL, "Model to open when none is named")
    pinyin: bool = declared(True, "Read Latin letters at the cursor as pinyin")
    pinyin_first: bool = declared(False, "Take letters as pinyin wherever they can be")
    chinese_punctuation: bool = declared(True, "Write Chinese punctuation in Chinese text")
    tone_digits: bool = declared(False, "Read digits after pinyin as tones")
    double_pinyin: str = declared(_OFF, "Read letters as double pinyin", choices=(_OFF, *LAYOUTS))
    fuzzy: str = declared(_OFF, "Take sounds of pinyin for each other", choices=(_OFF, *GROUPS))
    lexicon: bool = declared(True, "Offer the words of the lexicon")
    candidates: str = declared("popup", "Show the candidates for pinyin", choices=("popup", "docked"))
    space: str = declared(
        "types", "Space inserts the first candidate, without pinyin", choices=("types", "completes", "commits")
    )
    script: str = declared("simplified", "Chinese characters", choices=("simplified", "traditional"))
    learning: str = declared("ask", "Words that you take are learned", choices=("ask", "keep", "forget"))
    ghost_words: int = declared(4, "Maximum number of grey words at the cursor", Range(0, 10))
    continuations: bool = declared(True, "Write continuations")
    temperature: float = declared(0.8, "Temperature of continuations", Range(0, 2, step=0.1))
    top_p: float = declared(0.95, "Top-p of continuations", Range(0.05, 1, step=0.05))
    numbers: bool = declared(False, "Show probabilities as numbers")
    panel: str = declared("wide", "Show the gates", choices=("wide", "shown", "hidden"))
    heat_map: str = declared(AUTO, "Draw the gates as", choices=(AUTO, "colours", "bars"))
    shading: str = declared("none", "Shade the text by", choices=("none", "candidate", "neuron"))
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def spelling(self) -> Spelling:
        """How the person types pinyin."""
        layout = "" if self.double_pinyin == _OFF else self.double_pinyin
        return Spelling(fuzzy=frozenset(GROUPS.get(self.fuzzy, ())), layout=layout)

    def changed(self, name: str, value: Value) -> Settings:
        """Return a copy with one value changed."""
        values: dict[str, Any] = {name: value}
        return dataclasses.replace(self, **values)


# name → what a setting means and accepts, in the order of the form
DECLARATIONS: dict[str, Declaration] = declarations(Settings)

# setting → what its values were called in files of earlier versions
_FORMER_VALUES: dict[str, dict[str | bool, str]] = {
    "space": {"takes": "commits"},
    "panel": {True: "wide", False: "hidden"},
}


def problem(name: str, value: object) -> str | None:
    """Return what the value of a setting must be, in the current language; None if it is right."""
    requirement = DECLARATIONS[name].problem(value)
    return None if requirement is None else say(requirement.text, **requirement.fields)


def load(path: Path) -> tuple[Settings, list[str]]:
    """Return the settings of a file, and a sentence on each unusable entry."""
    try:
        document = tomllib.loads(read_bytes(path, _MAX_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return Settings(), []
    except (OSError, ValueError, RecursionError) as error:  # invalid TOML, and endless numbers and lists
        reason = one_line(error.strerror if isinstance(error, OSError) else error)
        return Settings(), [say("{path} cannot be read ({reason}); the defaults are used.", path=path, reason=reason)]
    return _checked(document, path.name)


def _checked(document: Mapping[str, Any], file: str) -> tuple[Settings, list[str]]:
    settings, problems = Settings(), []
    for name, given in document.items():
        if name == "keys":
            continue
        if name not in DECLARATIONS:
            problems.append(_unknown(name, file))
            continue
        value = _FORMER_VALUES.get(name, {}).get(given, given) if isinstance(given, str | bool) else given
        if wanted := problem(name, value):
            problems.append(_wrong(name, wanted, value, file))
        else:
            settings = settings.changed(name, value)
    keys, wrong = _flat(document.get("keys", {}), file)
    return dataclasses.replace(settings, keys=keys), problems + wrong


def _wrong(name: str, wanted: str, value: object, file: str) -> str:
    return say(
        "{file}: {name} must be {wanted}, not {value}.", file=file, name=name, wanted=wanted, value=quoted(value)
    )


def _unknown(name: str, file: str) -> str:
    sentence = say("{file}: there is no setting {name}.", file=file, name=quoted(name))
    near = get_close_matches(name, DECLARATIONS, 1)
    return sentence + (say(" Did you mean {near!r}?", near=near[0]) if near else "")


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
    """Set one entry of a file, and leave the rest as it is; the file is created if it does not exist.

    Raises:
        SeqchatError: the file holds no TOML, or cannot be written.
    """
    from tomlkit.exceptions import TOMLKitError

    try:
        text = read_bytes(path, _MAX_BYTES).decode("utf-8") if path.exists() else ""
        changed = _with_entry(text, name, value)
        wanted = _checked(tomllib.loads(text), path.name)[0].changed(name, value)
        # The library has put an entry into the wrong table.
        if _checked(tomllib.loads(changed), path.name)[0] != wanted:
            raise ValueError(say("set it there by hand"))
    except (OSError, ValueError, RecursionError, TOMLKitError) as error:
        reason = one_line(error)
        raise SeqchatError(say("The setting was not saved: {path}: {reason}.", path=path, reason=reason)) from error
    write_private(path.resolve(), changed)


def _with_entry(text: str, name: str, value: Value) -> str:
    """Return a TOML text with one entry changed, removed if it is the default, or added at the top."""
    import tomlkit

    document = tomlkit.parse(text)
    if value == DECLARATIONS[name].default:
        document.pop(name, None)
    elif name in document:
        document[name] = value
    else:
        return tomlkit.dumps({name: value}) + text
    return tomlkit.dumps(document)
