"""Settings that are declared once, as fields of a dataclass.

A field carries what it means, which values it accepts, and when it applies. The options of the command line, the checks
and their messages, the conflicts of options and the settings screen are derived from these declarations.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from seqchat.errors import SeqchatError, quoted
from seqchat.wording import listed

T = TypeVar("T")

_KEY = "declared"


@dataclass(frozen=True)
class Range:
    """Finite numbers from `low` to `high`, both included, or between `above` and `below`, both excluded.

    step: by which a form changes them.
    """

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    step: float = 1

    def __contains__(self, value: float) -> bool:
        return (
            (isinstance(value, int) or math.isfinite(value))
            and (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )


class Condition(NamedTuple):
    """What another setting must be for a setting to have an effect: one of `values`, or at least `minimum`.

    text: says it in the words of a person who gives options, where the values do not.
    """

    setting: str
    values: tuple[Any, ...] = ()
    minimum: float | None = None
    text: str = ""

    def holds(self, settings: Mapping[str, Any]) -> bool:
        """Whether settings, by name, meet it."""
        value = settings[self.setting]
        return value in self.values if self.minimum is None else value >= self.minimum

    def __str__(self) -> str:
        """Say which values the other setting may have."""
        return f"{self.minimum} or more" if self.minimum is not None else listed([*map(str, self.values)], "or")


@dataclass(frozen=True)
class Requirement:
    """What a value must be: a text with fields for `str.format`, so that it can be translated first."""

    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.fields)


class Declaration(NamedTuple):
    """What a setting means and accepts.

    kind: the type of a value, or of each one if there are `many`; conditions: it has an effect if all of them hold;
    optional: whether None is a value; option: its flag on the command line; also: another name of that; shown: the text
    for a default that is not a readable value; unit: of a number that is given with a unit; resumable: whether it may
    change when a run of training is resumed.
    """

    name: str
    kind: type
    default: Any
    help: str
    range: Range | None = None
    choices: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    optional: bool = False
    many: bool = False
    option: str = ""
    also: str = ""
    shown: str = ""
    unit: Literal["", "seconds"] = ""
    resumable: bool = False

    @property
    def requirement(self) -> Requirement:
        """What each value must be."""
        if self.kind is bool:
            return Requirement("true or false")
        if self.choices:
            return Requirement("one of {choices}", {"choices": ", ".join(self.choices)})
        if self.kind is str:
            return Requirement("a text that is not empty")
        return self._required_number()

    def _required_number(self) -> Requirement:
        numbers = "a whole number" if self.kind is int else "a number"
        limits = self.range or Range()
        fields = {name: getattr(limits, name) for name in ("low", "high", "above", "below")}
        given = {name: limit for name, limit in fields.items() if limit is not None}
        return Requirement(numbers + _LIMITS[tuple(given)], given)

    def problem(self, value: object) -> Requirement | None:
        """Return what a value must be, if it is something else."""
        if (value is None and self.optional) or self._accepts(value):
            return None
        return self.requirement

    def _accepts(self, value: object) -> bool:
        if self.kind in (int, float):
            number = isinstance(value, int if self.kind is int else int | float) and not isinstance(value, bool)
            return number and value in (self.range or Range())  # type: ignore[operator]
        if self.choices:
            return value in self.choices
        return isinstance(value, self.kind) and value != ""


# Which limits there are → how to say them
_LIMITS = {
    (): "",
    ("low",): " of at least {low:,}",
    ("high",): " of at most {high:,}",
    ("above",): " greater than {above:,}",
    ("low", "high"): " from {low:,} to {high:,}",
    ("above", "below"): " greater than {above:,} and less than {below:,}",
}


def metadata(
    help: str,
    range: Range | None = None,
    *,
    choices: tuple[str, ...] = (),
    conditions: tuple[Condition, ...] = (),
    option: str = "",
    also: str = "",
    shown: str = "",
    unit: Literal["", "seconds"] = "",
    resumable: bool = False,
) -> dict[str, Any]:
    """Return the metadata of a field that declares a setting; the arguments are those of `Declaration`.

    Choices need not be given where the field's type is a `Literal`.
    """
    return {_KEY: locals()}


def declared(default: T, help: str, range: Range | None = None, **others: Any) -> T:
    """Return a field of a dataclass with a default and `metadata`."""
    found: T = field(default=default, metadata=metadata(help, range, **others))
    return found


@cache
def declarations(cls: type) -> dict[str, Declaration]:
    """Return the declared settings of a dataclass, by name, in their order."""
    hints = get_type_hints(cls)
    return {
        f.name: _declaration(f, hints[f.name])
        for f in dataclasses.fields(cls)
        if _KEY in f.metadata
    }  # fmt: skip


def _declaration(f: dataclasses.Field[Any], hint: Any) -> Declaration:
    """Return what a field declares; the kind, the choices and whether there may be None or many are in its type."""
    values = dict(f.metadata[_KEY])
    optional = isinstance(hint, UnionType) and type(None) in get_args(hint)
    if optional:
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    many = get_origin(hint) is tuple
    if many:
        hint = get_args(hint)[0]
    if get_origin(hint) is Literal:
        values["choices"], hint = values["choices"] or get_args(hint), str
    return Declaration(f.name, hint, f.default, optional=optional, many=many, **values)


def check(settings: Any, of: str = "") -> None:
    """Check all declared settings of a dataclass; `of` says whose they are, such as ``A model's``.

    Raises:
        SeqchatError: names the setting, what it must be, and what it is.
    """
    for name, declaration in declarations(settings.__class__).items():
        value = getattr(settings, name)
        if declaration.many and not value:
            raise SeqchatError(f"{of} {name} must not be empty; give {declaration.requirement}, or several.".strip())
        for each in value if declaration.many else (value,):
            if wanted := declaration.problem(each):
                must = "must each be" if declaration.many else "must be"
                raise SeqchatError(f"{of} {name} {must} {wanted}, not {quoted(each)}.".strip())
