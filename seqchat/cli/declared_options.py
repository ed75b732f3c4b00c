"""Options that are derived from the declared settings of a dataclass."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import MISSING
from typing import Any, TypeVar

import click

from seqchat.cli.options import Duration
from seqchat.declared import Declaration, declarations

F = TypeVar("F", bound=Callable[..., Any])


class WholeNumbers(click.ParamType[tuple[int, ...]]):
    """Whole numbers with commas between them."""

    name = "numbers"

    def convert(
        self, value: str | tuple[int, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read the numbers; which ones there can be is checked with the other settings."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers; write whole numbers, such as 5,10,20.", param, ctx)


def declared_options(
    settings: type,
    prefix: str = "",
    shown: Callable[[Declaration], str] | None = None,
    several: Collection[str] = (),
) -> Callable[[F], F]:
    """Return a decorator that adds an option for each declared setting with a default; those not given are None.

    The values are checked where the settings are made, not here. prefix: put before the names of the values; shown:
    says what the default is, if that is not the setting's own; several: settings that may be given more than once, for
    as many models; the value is then a tuple.
    """

    def decorate(command: F) -> F:
        for declaration in reversed(declarations(settings).values()):
            if declaration.default is not MISSING:
                option = _option(declaration, prefix, (shown or default_text)(declaration), declaration.name in several)
                command = option(command)
        return command

    return decorate


def given(options: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of one prefix that were given, by the names of the settings."""
    return {
        name.removeprefix(prefix): value
        for name, value in options.items()
        if name.startswith(prefix) and value not in (None, ())
    }


def flag(declaration: Declaration) -> str:
    """Return the option of a setting."""
    return declaration.option or f"--{declaration.name.replace('_', '-')}"


def default_text(declaration: Declaration) -> str:
    """Write a default as it is typed; nothing for a flag, or without a default."""
    default = declaration.default
    if declaration.shown or default is None or declaration.kind is bool:
        return declaration.shown
    return ",".join(map(str, default)) if declaration.many else str(default)


def _option(declaration: Declaration, prefix: str, shown: str, several: bool) -> Callable[[F], F]:
    kind = _type(declaration)
    return click.option(
        *filter(None, (flag(declaration), declaration.also)),
        f"{prefix}{declaration.name}",
        type=kind,
        default=None,
        is_flag=declaration.kind is bool,
        multiple=several or (declaration.many and not isinstance(kind, WholeNumbers)),
        callback=_one_or_several if several else None,
        metavar=_METAVARS.get(type(kind)),
        help=(f"{declaration.help[:-1]}; several race side by side." if several else declaration.help)
        + (f"  [default: {shown}]" if shown else ""),
    )


def _one_or_several(_ctx: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> Any:
    """Return no value, the only one, or all of them, each once."""
    different = tuple(dict.fromkeys(values))
    return different if len(different) > 1 else next(iter(different), None)


_METAVARS: dict[type, str] = {Duration: "TIME", WholeNumbers: "N,N…"}


def _type(declaration: Declaration) -> Any:
    if declaration.choices:
        return click.Choice(declaration.choices)
    if declaration.many:
        return WholeNumbers()
    return Duration() if declaration.unit == "seconds" else declaration.kind
