"""What the fuzz tests share: how many cases they try, how they damage bytes and JSON, and what a message must be like.

A case is one file, text or edit. An example of hypothesis is the seed of several cases: drawing cases one by one would
take longer than trying them, and in a list of them most would be copies of each other. Equal cases count once.
The cases are the same each time, so that a check of a change fails by that change alone. `SEQCHAT_FUZZ=5` draws others,
five times as many; `tests/benchmarks/fuzz.py` runs for as long as you like.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from seqchat.errors import one_line

_SAME = "SEQCHAT_FUZZ" not in os.environ
CASES = 3_000 * int(os.environ.get("SEQCHAT_FUZZ", "1"))
_BATCH = 50
# How many times as many are drawn, since some are equal.
_MARGIN = 3
_MAX_LENGTH = 1_000

T = TypeVar("T")


def fuzz(make: Callable[[Random], T], check: Callable[[T], str], cases: int = CASES) -> Counter[str]:
    """Try that many different cases; return how often each outcome occurred, as `check` names it."""
    outcomes: Counter[str] = Counter()
    seen: set[int] = set()

    # No seed is simpler than another, so there is nothing to shrink.
    @settings(
        max_examples=math.ceil(_MARGIN * cases / _BATCH),
        deadline=None,
        database=None,
        derandomize=_SAME,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**64 - 1))
    def run(seed: int) -> None:
        rng = Random(seed)
        for _ in range(_BATCH if len(seen) < cases else 0):
            case = make(rng)
            key = hash(repr(case))
            if key not in seen:
                outcomes[_checked(check, case)] += 1
                seen.add(key)

    run()
    assert outcomes.total() >= cases, f"only {outcomes.total():,} cases are different"
    _note(outcomes)
    return outcomes


def _checked(check: Callable[[T], str], case: T) -> str:
    try:
        return check(case)
    except BaseException as error:
        error.add_note(f"The case: {case!r:.2000}")
        raise


def _note(outcomes: Counter[str]) -> None:
    """Tell the benchmark what was tried."""
    if log := os.environ.get("SEQCHAT_FUZZ_LOG"):
        test = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0]
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"test": test, "cases": outcomes.total(), "outcomes": len(outcomes)}) + "\n")


def assert_sentence(message: str) -> None:
    """Check that a message is one sentence that can be printed anywhere."""
    assert message, "there is no message"
    assert message == one_line(message, _MAX_LENGTH), f"not one printable line: {message[:_MAX_LENGTH]!r}"
    assert "Traceback" not in message


# --- bytes

_JUNK = [b"\x00", b"\xff", b"\n", b"\r", b'"', b"'", b",", b"\t", b"{", b"[", b"\x1b[2J", b"\xed\xa0\x80", b"\x80\x04."]
_JUNK += [b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xae", b"\xc0\x80", b"0" * 400, b"[" * 3_000]
_SPOILS = ["cut", "flip", "flip", "flip", "flip", "put", "insert", "insert", "remove", "repeat", "append"]

# What is done, at which share of the content, how far, and what is put there
Spoil = tuple[str, float, int, bytes]


def a_spoil(rng: Random) -> Spoil:
    """Return one thing that can go wrong with bytes."""
    junk = rng.choice(_JUNK) if rng.random() < 0.6 else rng.randbytes(rng.randint(1, 8))
    return rng.choice(_SPOILS), rng.random(), rng.randrange(256), junk


def spoiled(content: bytes, spoil: Spoil) -> bytes:
    """Return content with one thing wrong."""
    kind, where, number, junk = spoil
    offset = int(where * len(content))
    until = offset + 1 + number // 8
    match kind:
        case "cut":
            return content[:offset]
        case "flip" if content:
            return content[:offset] + bytes([content[offset] ^ (1 << number % 8)]) + content[offset + 1 :]
        case "put":
            return content[:offset] + junk + content[offset + len(junk) :]
        case "insert":
            return content[:offset] + junk + content[offset:]
        case "remove":
            return content[:offset] + content[until:]
        case "repeat":
            return content[:until] + content[offset:]
        case _:
            return content + junk * (1 + number)


# --- JSON

# Numbers, texts and nesting that JSON allows, or that readers accept although it does not
_NUMBERS = [
    "0",
    "-1",
    "1",
    "2",
    "5",
    "7",
    "0.5",
    "1e3",
    "1e400",
    "-0",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e-320",
    "1000",
]
_NUMBERS += ["1000000000000", "9" * 30, "9" * 500, "9" * 5_000, "1" + "0" * 18, "2147483648", "9223372036854775808"]
_TEXTS = [
    '""',
    '"x"',
    '"lstm"',
    '"next"',
    '"\\u0000"',
    '"\\u001b[31m"',
    '"\\ud800"',
    '"../../x"',
    '"\\u202e"',
    '"你好"',
]
_TEXTS += ['"' + "a" * 5_000 + '"', '"' + "x\\n" * 500 + '"']
_OTHERS = ["null", "true", "false", "[]", "[1]", '["a", 1]', "{}", '{"a": 1}', '{"a": {"b": [null]}}', "[[[[[[]]]]]]"]
_OTHERS += ["[" * 200 + "]" * 200, "[" * 100_000, '{"a":' * 100_000, '{"a": 1, "a": 2}', '["a", "b"]', '[["a"], "b"]']
_TOKENS = [*_NUMBERS, *_TEXTS, *_OTHERS]
_HOLE = "<hole>"

# What is done, at which share of all values, and the token's number, since some are long
JsonEdit = tuple[str, float, int]


def a_json_edit(rng: Random) -> JsonEdit:
    """Return one thing that can be wrong with a document."""
    return rng.choice(["set", "set", "set", "set", "remove", "add"]), rng.random(), rng.randrange(len(_TOKENS))


def with_edit(document: Any, edit: JsonEdit) -> str:
    """Return a JSON document as text, with one value replaced, removed or added."""
    kind, where, number = edit
    token = _TOKENS[number]
    paths = list(_paths_in(document))
    *above, name = paths[int(where * len(paths))] or (None,)
    if name is None:
        return token
    copy = json.loads(json.dumps(document))
    parent = copy
    for key in above:
        parent = parent[key]
    if kind == "remove":
        del parent[name]
    elif kind == "add" and isinstance(parent, dict):
        parent["\x1b[31mname\n"] = _HOLE
    else:
        parent[name] = _HOLE
    return json.dumps(copy, ensure_ascii=False).replace(json.dumps(_HOLE), token)


def with_edits(text: str, edits: list[JsonEdit]) -> str:
    """Return a JSON text with several edits; stop where it is no longer valid JSON."""
    for edit in edits:
        try:
            text = with_edit(json.loads(text), edit)
        except (ValueError, RecursionError):
            break
    return text


def _paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all values in a document, the document first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _paths_in(inner, (*path, key))
