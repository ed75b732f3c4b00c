"""What a person changes of the keys: what clashes is refused, and the rest becomes the app's keymap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from seqchat.errors import quoted
from seqchat.tui.keys import CANDIDATES, KEYS, SIGNS, Key, shown
from seqchat.tui.language import say

# Scopes whose keys work at the same time
TOGETHER: tuple[tuple[str, ...], ...] = tuple(
    [("always", "app", *scopes) for scopes in (("text", "prompt"), ("composition",), ("bar",), ("panel",), ("turn",))]
    + [
        ("always", "app", "find"),
        ("always", "tour", "text"),
        ("always", "tour", "panel"),
        ("always", "tour", "question"),
    ]
    + [("always", scope) for scope in ("experiment", "form", "page")]
)

# Names that keys had in config files of earlier versions
RENAMED: dict[str, str] = {
    **{f"{scope}.pick_{n}": f"{scope}.commit_{n}" for scope in ("app", "bar") for n in range(1, CANDIDATES + 1)},
    "text.accept": "text.commit",
    "bar.take": "bar.commit",
}

# Keys that seldom reach a program, and who uses them
SWALLOWED: dict[str, str] = {
    "ctrl+b": "tmux",
    "ctrl+a": "screen",
    "ctrl+s": "XOFF",
    "ctrl+q": "XON",
    "ctrl+p": "VS Code",
    "ctrl+space": "input methods",
    "ctrl+@": "input methods",
    "ctrl+shift+c": "the terminal",
    "ctrl+shift+v": "the terminal",
    "alt+f4": "the desktop",
    "alt+tab": "the desktop",
    **{f"f{n}": "the terminal" for n in range(1, 25)},
}


def with_changes(changes: Mapping[str, str]) -> tuple[dict[str, tuple[Key, ...]], list[str]]:
    """Return the keys with a person's changes, ``{"bar.commit": "enter"}``, and a sentence on each impossible one.

    An action whose new key already belongs to another one keeps its own.
    """
    known = {f"{scope}.{key.name}" for scope, keys in KEYS.items() for key in keys}
    problems = [
        say("There is no key named {name}; the help screen lists the names.", name=quoted(name))
        for name in changes
        if RENAMED.get(name, name) not in known
    ]
    named = {RENAMED.get(name, name): _normal(keys) for name, keys in changes.items()}
    wanted = {name: keys for name, keys in named.items() if name in known}
    problems += _refuse_clashes(wanted)
    problems += _swallowed(wanted)
    return _changed(wanted), problems


def _changed(wanted: Mapping[str, str]) -> dict[str, tuple[Key, ...]]:
    """Return the table of keys with other keys for some names."""
    return {
        scope: tuple(key._replace(keys=wanted.get(f"{scope}.{key.name}", key.keys)) for key in keys)
        for scope, keys in KEYS.items()
    }


def _refuse_clashes(wanted: dict[str, str]) -> list[str]:
    """Remove the changes whose keys belong to other actions; return a sentence on each."""
    problems: list[str] = []
    while clash := next(clashes(_changed(wanted)), None):
        key, first, second = clash
        name, other = (first, second) if first in wanted else (second, first)
        problems.append(
            say("{key} is already the key of {other}; {name} keeps its own.", key=_told(key), other=other, name=name)
        )
        del wanted[name]
    return problems


def _swallowed(wanted: Mapping[str, str]) -> list[str]:
    """Return a sentence on each change to a key that another program may keep for itself."""
    problems: list[str] = []
    for name, keys in wanted.items():
        if swallowed := sorted(SWALLOWED.keys() & keys.split(",")):
            who = SWALLOWED[swallowed[0]]
            problems.append(
                say("{name}: {key} may never arrive, because {who} uses it.", name=name, key=_told(keys), who=who)
            )
    return problems


def _told(keys: str) -> str:
    """Return keys for a message; a person's file may name characters that cannot be seen."""
    return shown(keys) if keys.isprintable() else quoted(keys)


def _normal(keys: str) -> str:
    """Return keys as Textual names them; signs such as ``[`` are allowed, and spaces around commas."""
    names = {sign: name for name, sign in SIGNS.items()}
    parts = ["+".join(names.get(p, p) for p in key.strip().split("+")) for key in keys.split(",")]
    return ",".join(part for part in parts if part)


def clashes(table: Mapping[str, tuple[Key, ...]]) -> Iterator[tuple[str, str, str]]:
    """Yield each key that two actions share where both work: the key and their names."""
    for scopes in TOGETHER:
        owners: dict[str, list[str]] = defaultdict(list)
        for scope in scopes:
            for key in table[scope]:
                for one in key.keys.split(","):
                    owners[one].append(f"{scope}.{key.name}")
        for one, names in owners.items():
            if len(names) > 1:
                yield one, names[0], names[1]


def keymap(table: Mapping[str, tuple[Key, ...]]) -> dict[str, str]:
    """Return the keys of a table that are not the default ones, by the ids of their bindings."""
    default = {f"{scope}.{key.name}": key.keys for scope, keys in KEYS.items() for key in keys}
    changed = {f"{scope}.{key.name}": key.keys for scope, keys in table.items() for key in keys}
    return {name: keys for name, keys in changed.items() if keys != default[name]}
