"""Exports of messengers with something wrong: what anyone said is a turn or is counted, and never just gone.

Each message has a word of its own. Whatever is done to an export, a word that still stands in it is in a turn, or the
report has a reason why not.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.sources import read_dialogs
from seqchat.errors import SeqchatError

from .fuzzing import CASES, a_json_edit, assert_sentence, fuzz, with_edits

_WORD = re.compile(r"qz\d+z")


class Said(NamedTuple):
    when: datetime
    name: str
    text: str

    def at(self, pattern: str) -> str:
        return self.when.strftime(pattern)


def _words(rng: Random, numbers: count[int]) -> str:
    marked = f"qz{next(numbers)}z"
    return rng.choice(
        [
            f"{marked} are you there?",
            f"yes: {marked}",
            f"{marked}",
            f"好的 {marked} 吧",
            f"see https://x.org/{marked} ok",
        ]
    )


def _messages(rng: Random, *, lines: bool) -> list[Said]:
    numbers, when, found = count(), datetime(2024, 3, 13, 9, 5, 7, tzinfo=UTC), list[Said]()
    for _ in range(rng.randint(2, 9)):
        when += timedelta(minutes=rng.choice([1, 2, 600]))
        text = _words(rng, numbers)
        if lines and rng.random() < 0.2:
            text += rng.choice(["\nand more", "\n\nok then"])
        found.append(Said(when, rng.choice(["Nora", "Theo B.", "小林"]), text))
    return found


def _by_line(pattern: str, head: str, heading: str = "") -> Callable[[list[Said]], str]:
    def written(said: list[Said]) -> str:
        lines = [head.format(when=m.at(pattern), name=m.name, nick=m.name.split()[0], text=m.text) for m in said]
        return "\n".join([*heading.splitlines(), *lines]) + "\n"

    return written


def _as_json(record: Callable[[Said], dict[str, Any]], around: Callable[[list[Any]], Any] = list) -> Callable[..., str]:
    return lambda said: json.dumps(around([record(m) for m in said]), ensure_ascii=False)


def _as_table(header: list[str], row: Callable[[Said], list[Any]]) -> Callable[[list[Said]], str]:
    def written(said: list[Said]) -> str:
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerows([header, *map(row, said)])
        return file.getvalue()

    return written


def _line_app(said: list[Said]) -> str:
    lines, day = ["[LINE] Chat history with Nora", "Saved on: 2024/03/20 10:00", ""], ""
    for m in said:
        if m.at("%Y/%m/%d") != day:
            day = m.at("%Y/%m/%d")
            lines += ["", m.at("%Y/%m/%d(%a)")]
        lines.append(f"{m.at('%H:%M')}\t{m.name}\t" + (f'"{m.text}"' if "\n" in m.text else m.text))
    return "\n".join(lines) + "\n"


def _subtitles(said: list[Said]) -> str:
    return "".join(f"{n}\n00:00:{n:02d},000 --> 00:00:{n:02d},900\n{m.text}\n\n" for n, m in enumerate(said, 1))


def _tree(said: list[Said]) -> str:
    nodes: dict[str, Any] = {"n0": {"message": None, "parent": None, "children": ["n1"]}}
    for n, m in enumerate(said, 1):
        content = {"content_type": "text", "parts": [m.text]}
        message = {"author": {"role": ("user", "assistant")[n % 2]}, "content": content}
        nodes[f"n{n}"] = {"message": message, "parent": f"n{n - 1}", "children": []}
    return json.dumps([{"title": "t", "mapping": nodes, "current_node": f"n{len(said)}"}], ensure_ascii=False)


# The ending of the file, whether a message may have several lines, and what writes it
_EXPORTS: dict[str, tuple[str, bool, Callable[[list[Said]], str]]] = {
    "whatsapp": (".txt", True, _by_line("%d/%m/%Y, %H:%M", "{when} - {name}: {text}")),
    "whatsapp, am and pm": (".txt", True, _by_line("%m/%d/%y, %I:%M\u202f%p", "{when} - {name}: {text}")),
    "whatsapp on an iphone": (".txt", True, _by_line("%d.%m.%y, %H:%M:%S", "[{when}] {name}: {text}")),
    "telegram": (
        ".json",
        True,
        _as_json(
            lambda m: {"id": 1, "type": "message", "date": m.at("%Y-%m-%dT%H:%M:%S"), "from": m.name, "text": m.text},
            lambda found: {"name": "Nora", "type": "personal_chat", "id": 1, "messages": found},
        ),
    ),
    "telegram, copied": (".txt", True, _by_line("%d.%m.%Y %H:%M", "{name}, [{when}]\n{text}\n")),
    "discord": (
        ".json",
        True,
        _as_json(
            lambda m: {
                "id": "1",
                "type": "Default",
                "timestamp": m.at("%Y-%m-%dT%H:%M:%S+00:00"),
                "content": m.text,
                "author": {"id": "2", "name": m.name, "nickname": m.name},
            },
            lambda found: {"guild": {"name": "g"}, "channel": {"name": "c"}, "messages": found},
        ),
    ),
    "discord, text": (
        ".txt",
        True,
        _by_line("%d-%b-%y %I:%M %p", "[{when}] {name}\n{text}\n", "=" * 62 + "\nGuild: g\n" + "=" * 62),
    ),
    "discord, table": (
        ".csv",
        True,
        _as_table(["AuthorID", "Author", "Date", "Content"], lambda m: [1, m.name, m.at("%d-%b-%y %I:%M %p"), m.text]),
    ),
    "messenger": (
        ".json",
        True,
        _as_json(
            lambda m: {"sender_name": m.name, "timestamp_ms": int(m.when.timestamp() * 1000), "content": m.text},
            lambda found: {"participants": [], "messages": found[::-1]},
        ),
    ),
    "signal": (".md", False, _by_line("%Y-%m-%d %H:%M:%S", "[{when}] {name}: {text}")),
    "imessage": (".txt", True, _by_line("%b %d, %Y  %I:%M:%S %p", "{when}\n{name}\n{text}\n")),
    "line": (".txt", True, _line_app),
    "kakaotalk": (
        ".csv",
        True,
        _as_table(["Date", "User", "Message"], lambda m: [m.at("%Y-%m-%d %H:%M:%S"), m.name, m.text]),
    ),
    "qq": (
        ".txt",
        True,
        _by_line(
            "%Y-%m-%d %H:%M:%S", "{when} {name}(12345)\n{text}\n", "消息记录（此消息记录为文本格式，不支持重新导入）"
        ),
    ),
    "wechat": (
        ".csv",
        True,
        _as_table(
            ["localId", "TalkerId", "Type", "SubType", "IsSender", "CreateTime", "Status", "StrContent", "StrTime"],
            lambda m: [
                1,
                2,
                1,
                0,
                int(m.name == "Nora"),
                int(m.when.timestamp()),
                0,
                m.text,
                m.at("%Y-%m-%d %H:%M:%S"),
            ],
        ),
    ),
    "skype": (
        ".json",
        True,
        _as_json(
            lambda m: {
                "id": "1",
                "originalarrivaltime": m.at("%Y-%m-%dT%H:%M:%S.000Z"),
                "messagetype": "RichText",
                "content": m.text,
                "from": m.name,
            },
            lambda found: {"userId": "8:a", "conversations": [{"id": "8:b", "MessageList": found[::-1]}]},
        ),
    ),
    "matrix": (
        ".json",
        True,
        _as_json(
            lambda m: {
                "type": "m.room.message",
                "sender": m.name,
                "origin_server_ts": int(m.when.timestamp() * 1000),
                "content": {"msgtype": "m.text", "body": m.text},
            },
            lambda found: {"room_name": "r", "messages": found},
        ),
    ),
    "weechat": (".weechatlog", False, _by_line("%Y-%m-%d %H:%M:%S", "{when}\t{nick}\t{text}")),
    "irssi": (".log", False, _by_line("%H:%M", "{when} < {nick}> {text}", "--- Log opened Wed Mar 13 09:00:00 2024")),
    "chatgpt": (".json", True, _tree),
    "subtitles": (".srt", True, _subtitles),
    "names and colons": (".txt", False, _by_line("", "{name}: {text}")),
    "a table": (
        ".csv",
        True,
        _as_table(["time", "sender", "text"], lambda m: [m.at("%Y-%m-%d %H:%M"), m.name, m.text]),
    ),
    "json lines": (
        ".jsonl",
        True,
        lambda said: "".join(
            json.dumps({"time": m.at("%Y-%m-%d %H:%M"), "sender": m.name, "text": m.text}, ensure_ascii=False) + "\n"
            for m in said
        ),
    ),
    "dialogs": (
        ".jsonl",
        True,
        lambda said: "".join(json.dumps({"dialog": [m.text, m.text]}, ensure_ascii=False) + "\n" for m in said),
    ),
}

_JUNK = [
    "\x00",
    "\x1b[2J",
    "\u202e",
    "\u200e",
    '"',
    "'",
    ",",
    "\t",
    ":",
    "{",
    "]",
    "<Media omitted>",
    "\ufeff",
    "- ",
    "\u2028",
    "\r",
    "\x85",
    "  ",
    "٣",
    "9" * 20,
]


def _with_a_part_missing(rng: Random, text: str) -> str:
    """Return a document without its end, or with a hole between two messages."""
    where = rng.randint(0, len(text))
    return text[:where] + (text[where + rng.randint(0, 40) :] if rng.random() < 0.5 else "")


def _with_a_row_wrong(rng: Random, text: str) -> str:
    """Return a table with a row wrong, but no quotes and no header: what these are part of is no longer told apart."""
    lines = text.split("\n")
    at, other = rng.randrange(1, len(lines)), rng.randrange(1, len(lines))
    match rng.randrange(4):
        case 0:
            lines[at], lines[other] = lines[other], lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at] = re.sub(r"\d", lambda m: rng.choice("0123456789"), lines[at], count=rng.randint(1, 6))
        case _:
            where = rng.randint(0, len(lines[at]))
            lines[at] = lines[at][:where] + rng.choice(["\x00", "\u202e", " ", ":", "\ufeff"]) + lines[at][where:]
    return "\n".join(lines)


def _with_a_line_wrong(rng: Random, text: str) -> str:
    lines = text.split("\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    line = lines[at]
    where = rng.randint(0, len(line))
    match rng.randrange(9):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, line)
        case 2:
            lines[at], lines[other] = lines[other], line
        case 3:
            lines[at] = line[:where] + rng.choice(_JUNK) + line[where:]
        case 4:
            lines[at] = line[:where]
        case 5:
            lines[at : at + 2] = [" ".join(lines[at : at + 2])]
        case 6:
            lines[at : at + 1] = [line[:where], line[where:]]
        case 7:
            lines.insert(
                at, rng.choice(["", "Nora left", "2024-03-13", "someone wrote this", "----", "13:05", "\ufffd\ufffd"])
            )
        case _:
            lines[at] = re.sub(r"\d", lambda m: rng.choice("0123456789"), line, count=rng.randint(1, 6))
    return "\n".join(lines)


def _an_export(rng: Random) -> tuple[str, str, str]:
    name = rng.choice(list(_EXPORTS))
    ending, lines, write = _EXPORTS[name]
    text = write(_messages(rng, lines=lines and ending != ".csv"))
    if ending in (".json", ".jsonl") and rng.random() < 0.7:
        whole = with_edits(text if ending == ".json" else text.split("\n")[0], [a_json_edit(rng)])
        text = whole if ending == ".json" else "\n".join([whole, *text.split("\n")[1:]])
    else:
        spoil = {".csv": _with_a_row_wrong, ".json": _with_a_part_missing}.get(ending, _with_a_line_wrong)
        for _ in range(rng.randint(0, 3)):
            text = spoil(rng, text)
    return name, ending, text


@pytest.mark.slow
def test_what_was_said_is_a_turn_or_is_counted(tmp_path: Path) -> None:
    numbers = count()

    def check(case: tuple[str, str, str]) -> str:
        name, ending, text = case
        path = tmp_path / f"{next(numbers) % 50}{ending}"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        report = SourceReport()
        try:
            dialogs = list(read_dialogs([str(path)], report=report))
        except SeqchatError as error:
            assert_sentence(str(error))
            return f"{name}: refused"
        said = Counter(_WORD.findall("\n".join(line for d in dialogs for line in (*d.turns, *d.speakers))))
        there = Counter(_WORD.findall(text))
        left_out = sum(sum(file.counts.left_out.values()) for file in report.files) + report.skipped
        missing = there - said
        # A line is counted once, and so is an object; a hole, or lines that are joined, may make one of two.
        touched = sum(any(word in missing for word in _WORD.findall(line)) for line in text.split("\n"))
        gone = missing.total() if ending == ".json" else min(touched, missing.total())
        slack = ending in (".json", ".jsonl") and left_out > 0
        assert gone <= left_out + slack, f"{missing} are gone, and {left_out} counted"
        return f"{name}: {min(len(dialogs), 3)} dialogs, {report.files[0].format}"

    outcomes = fuzz(_an_export, check, cases=CASES // 3)
    assert len({outcome.partition(":")[0] for outcome in outcomes}) == len(_EXPORTS)


def test_every_export_is_read_as_it_is(tmp_path: Path) -> None:
    for number, (name, (ending, lines, write)) in enumerate(_EXPORTS.items()):
        said = _messages(Random(number), lines=lines)
        path = tmp_path / f"{number}{ending}"
        path.write_text(write(said), "utf-8")
        turns = [turn for dialog in read_dialogs([str(path)]) for turn in dialog.turns]
        expected = [message.text for message in said for _ in range(1 + (name == "dialogs"))]
        assert turns == expected, name
