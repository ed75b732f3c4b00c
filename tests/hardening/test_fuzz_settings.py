"""Files that a person edits, or that a crash leaves: what can be used of them is, and the rest is told in sentences."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError
from seqchat.tui import language, settings
from seqchat.tui.key_changes import clashes, with_changes
from seqchat.tui.keys import KEYS, shown
from seqchat.tui.session import Session, Sessions
from seqchat.tui.settings import DECLARATIONS, Settings

from .fuzzing import CASES, a_json_edit, a_spoil, assert_sentence, fuzz, spoiled, with_edits

pytestmark = pytest.mark.slow

_NAMES = [
    *DECLARATIONS,
    "keys",
    "keys.bar",
    "keys.app.mode",
    "tempreature",
    '"\\u001b[31m"',
    '"a b"',
    "é",
]
_VALUES = [
    "true",
    "false",
    "0",
    "1",
    "4",
    "11",
    "-1",
    "0.5",
    "1.5",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "9" * 5_000,
    "0x" + "f" * 5_000,
]
_VALUES += [
    "2024-01-02",
    "2024-13-02",
    "10:00:00",
    '""',
    '"auto"',
    '"zh"',
    '"takes"',
    '"commits"',
    '"seqchat-light"',
    '"\\u0000"',
    "'x'",
]
_VALUES += [
    '"\\ud800"',
    '"""a\nb"""',
    "[]",
    "[1, [2, []]]",
    "[" * 2_000,
    "{}",
    "{a = 1}",
    "{a.b = 1, c = {}}",
    '"' + "x" * 3_000 + '"',
]
_KEYS = [
    "ctrl+g",
    "alt+j,ctrl+r",
    "",
    " ",
    ",",
    "+",
    "escape",
    "enter",
    "ctrl+q",
    "[",
    "\\u001b",
    "ctrl+ctrl+x",
    "é",
    "f1",
    "a" * 300,
]
_SCOPES = [*KEYS, "nothing", '"a.b"', '""']
_CHANGES: list[tuple[str, Any]] = [
    ("theme", "seqchat-light"),
    ("pinyin", False),
    ("temperature", 1.2),
    ("ghost_words", 3),
]
_CHANGES += [("model", "a\nb"), ("space", "takes"), ("panel", True), ("theme", "seqchat-dark")]


def _line(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.45:
        return f"{rng.choice(_NAMES)} = {rng.choice(_VALUES)}"
    if kind < 0.55:
        return f"[keys.{rng.choice(_SCOPES)}]"
    if kind < 0.8:
        names = [key.name for key in KEYS[rng.choice(list(KEYS))]]
        return f'{rng.choice(names)} = "{rng.choice(_KEYS)}"'
    return rng.choice(
        ["[keys]", "[[keys]]", "[theme]", "# é", "", "[a.b]", "[[a]]", "x", "= 1", "a.b.c = 1", "model.x = 1"]
    )


Case = tuple[bytes, tuple[str, Any]]


def a_case(rng: Random) -> Case:
    """Return what a config file holds, and a setting that is changed then."""
    content = "\n".join(_line(rng) for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 4, 6]))).encode(
        "utf-8", "surrogatepass"
    )
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        content = spoiled(content, a_spoil(rng))
    return content if rng.random() < 0.98 else rng.randbytes(100), rng.choice(_CHANGES)


def test_a_config_file_is_used_as_far_as_it_can_be(quick_folder):
    path = quick_folder / "config.toml"
    language.use("en")

    def check(case: Case) -> str:
        content, (name, value) = case
        path.write_bytes(content)
        chosen, problems = settings.load(path)
        assert_usable(chosen, problems)
        try:
            settings.save(path, name, value)
        except SeqchatError as error:
            assert_sentence(str(error))
            assert path.read_bytes() == content, "what cannot be changed stays as it is"
            return "refused"
        assert settings.load(path)[0] == chosen.changed(name, value), "one setting changes, and no other"
        return "kept" if problems else "kept, and all was used"

    outcomes = fuzz(a_case, check)
    assert min(outcomes["refused"], outcomes["kept"], outcomes["kept, and all was used"]) > CASES // 50


def assert_usable(chosen: Settings, problems: list[str]) -> None:
    """Check that settings have only values that the app can work with."""
    for name, declaration in DECLARATIONS.items():
        value = getattr(chosen, name)
        assert declaration.problem(value) is None
        assert type(value) in (declaration.kind, int), "a whole number may stand for any"
    table, wrong = with_changes(chosen.keys)
    assert not list(clashes(table))
    for key in (key for keys in table.values() for key in keys):
        shown(key.keys)
    for problem in [*problems, *wrong]:
        assert_sentence(problem)


# --- sessions

_SESSION = dataclasses.asdict(
    Session("chat", "一\n二", (1, 1), "/x", [("you", "好"), ("model", "在")], "草稿", ended=True, time=1.5)
)


def a_session(rng: Random) -> bytes:
    """Return what the file of a session holds."""
    text = with_edits(
        json.dumps(_SESSION | {"time": rng.random()}, ensure_ascii=False),
        [a_json_edit(rng) for _ in range(rng.randint(0, 2))],
    )
    content = text.encode("utf-8", "surrogatepass")
    for _ in range(rng.choice([0, 0, 1])):
        content = spoiled(content, a_spoil(rng))
    return content


def test_an_earlier_session_is_restored_or_skipped(quick_folder):
    path = quick_folder / "20260101-000000-1.json"
    sessions = Sessions(quick_folder)

    def check(content: bytes) -> str:
        path.write_bytes(content)
        found = [session for _, session in sessions.earlier()]
        for session in found:
            assert_whole(session)
        return "restored" if found else "skipped"

    outcomes = fuzz(a_session, check, CASES // 2)
    assert min(outcomes.values()) > CASES // 20


def assert_whole(session: Session) -> None:
    """Check that the app can restore a session."""
    texts = [session.text, session.path, session.draft, *(part for turn in session.turns for part in turn)]
    assert all(text == clean(text) for text in texts)
    assert session.mode in ("compose", "chat")
    assert all(type(index) is int for index in session.cursor)
    assert type(session.ended) is bool
    assert type(session.time) is float
    assert "\n" not in session.title()
    session.conversation()


def test_what_is_no_folder_for_sessions_is_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("")
    sessions = Sessions(tmp_path / "taken" / "sessions")
    try:
        sessions.save(Session(text="x"))
    except SeqchatError as error:
        assert_sentence(str(error))
    else:
        raise AssertionError("there is no such folder")


def test_a_config_file_of_another_kind_is_one_sentence(tmp_path):
    folder, pipe = tmp_path / "folder", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)
    large = tmp_path / "large"
    large.write_bytes(b"# x\n" * 500_000)
    endless = Path("/dev/zero")
    for path in (folder, pipe, large, endless):
        chosen, problems = settings.load(path)
        assert chosen == Settings()
        (problem,) = problems
        assert_sentence(problem)
