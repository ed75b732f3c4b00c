"""How a result becomes one that draws itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Drawn = TypeVar("Drawn")


def drawable(kind: Callable[..., Drawn], found: DataclassInstance, **more: object) -> Drawn:
    """Return a result as a kind of it that draws itself; more: what that kind has besides."""
    return kind(**{each.name: getattr(found, each.name) for each in fields(found)}, **more)
