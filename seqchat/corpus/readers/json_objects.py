"""Objects of JSON of which nothing is dropped unseen."""

from __future__ import annotations

from typing import Any


class RepeatedKeys:
    """Makes dicts of JSON's objects, and counts the values that are lost since their key comes again in the object."""

    def __init__(self) -> None:
        self.lost = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return an object; an `object_pairs_hook` of `json`."""
        made = dict(pairs)
        if len(made) < len(pairs):
            self.lost += sum(value != made[key] for key, value in pairs)
        return made
