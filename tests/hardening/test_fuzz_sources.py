"""A text file that anyone may have made: its dialogs are clean, or it is refused in one sentence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seqchat.corpus.cleaning import clean
from seqchat.corpus.dialogs import MAX_TURN_CHARACTERS, Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.vocabulary import SPECIAL_WORDS, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError

from .fuzzing import CASES, Spoil, a_json_edit, a_spoil, assert_sentence, fuzz, spoiled, with_edits

pytestmark = pytest.mark.slow

_CHARACTERS = [
    "你",
    "好",
    "a",
    "Z",
    "7",
    " ",
    "\n",
    "\r",
    "\t",
    ",",
    '"',
    "'",
    "：",
    ":",
    "{",
    "[",
    "\\",
    "\x00",
    "\x1b[31m",
]
_CHARACTERS += [
    "\x1b]0;t\x07",
    "\u202e",
    "\u2028",
    "\x85",
    "\ufeff",
    "👩\u200d👩",
    "e\u0301",
    "\ufffe",
    "\U0010ffff",
    "￭",
]
_ENCODINGS = ["utf-8"] * 4 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030", "shift_jis", "latin-1", "utf-7"]
_FIELDS = [
    "dialog",
    "messages",
    "text",
    "content",
    "user1",
    "user2",
    "turns",
    "id",
    "date",
    "from",
    "type",
    "",
    "\x1b[2J",
]
_FIELD_OPTIONS = [None, None, None, "text", "dialog", "id", "none", "\x1b[2J"]
# What messengers write
_HEADS = ["[2024/1/2 13:04:05] A: ", "1/2/24, 13:04 - A: ", "2024-01-02 13:04:05 A", "02.01.24, 13:04 - A: ", "A: ", ""]


def a_text(rng: Random, most: int = 12) -> str:
    """Return a short text of any characters."""
    characters = [rng.choice(_CHARACTERS) for _ in range(rng.randint(0, most))]
    if rng.random() < 0.2:
        characters.append(chr(rng.randrange(0xD800)))
    return "".join(characters)


def a_value(rng: Random, depth: int = 3) -> Any:
    """Return a value as JSON has them."""
    kind = rng.randrange(8 if depth else 4)
    match kind:
        case 0 | 1:
            return a_text(rng)
        case 2:
            return rng.choice([None, True, 0, -1, 2**70, 1.5, float("nan"), float("inf"), 1e308])
        case 3:
            return rng.choice(["user1：你好", "2024-01-02T13:04:05", "", "message", "A: b"])
        case 4 | 5:
            return [a_value(rng, depth - 1) for _ in range(rng.randint(0, 3))]
        case _:
            return {rng.choice(_FIELDS): a_value(rng, depth - 1) for _ in range(rng.randint(0, 4))}


def _json(rng: Random, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=rng.random() < 0.3)
    return with_edits(text, [a_json_edit(rng)]) if rng.random() < 0.3 else text


def _json_lines(rng: Random) -> bytes:
    lines = [
        _json(rng, {"dialog": a_value(rng)} if rng.random() < 0.5 else a_value(rng)) for _ in range(rng.randint(0, 4))
    ]
    return rng.choice(["\n", "\r\n", "\n\n"]).join(lines).encode("utf-8", "surrogatepass")


def _json_document(rng: Random) -> bytes:
    columns = {rng.choice(_FIELDS): {str(n): a_value(rng, 1) for n in range(rng.randint(0, 3))} for _ in range(3)}
    document = rng.choice([columns, [a_value(rng), a_value(rng)], a_value(rng), {"chats": {"list": [a_value(rng)]}}])
    return _json(rng, document).encode("utf-8", "surrogatepass")


def _table(rng: Random) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=rng.choice([",", "\t", ";"]), lineterminator=rng.choice(["\n", "\r\n", "\r"]))
    writer.writerow([rng.choice(_FIELDS) for _ in range(rng.randint(0, 3))])
    for _ in range(rng.randint(0, 4)):
        writer.writerow([a_text(rng) for _ in range(rng.randint(0, 4))])
    return file.getvalue().encode("utf-8", "surrogatepass")


def _lines(rng: Random) -> bytes:
    text = "\n".join(rng.choice(_HEADS) + a_text(rng, 6) for _ in range(rng.randint(0, 6)))
    return text.encode(rng.choice(_ENCODINGS), "replace")


def _tables() -> list[bytes]:
    """Return small parquet files with columns of several kinds."""
    columns = [
        {"text": pa.array(["你好", None, "a\x00b"])},
        {"dialog": pa.array([["你好", "在吗"], [], None])},
        {"messages": pa.array([[{"role": "user", "content": "你好"}], []])},
        {"text": pa.array([b"\xff\xfe", b"a"]), "id": pa.array([1, 2])},
        {
            "text": pa.array(["一", "二", "一"]).dictionary_encode(),
            "when": pa.array([2**62, 0, 1], pa.timestamp("ns", "UTC")),
        },
        {"user1": pa.array(["A"]), "user2": pa.array(["B"]), "dialog": pa.array([["A：你好", "B：在"]])},
    ]
    files = []
    for column, compression in product(columns, ["none", "snappy", "zstd"]):
        file = io.BytesIO()
        pq.write_table(pa.table(column), file, compression=compression)
        files.append(file.getvalue())
    return files


_PARQUET = _tables()
_MAKERS: dict[str, Callable[[Random], bytes]] = {
    ".jsonl": _json_lines,
    ".json": _json_document,
    ".csv": _table,
    ".tsv": _table,
    ".txt": _lines,
    ".parquet": lambda rng: rng.choice(_PARQUET),
}
_HUGE = [
    b"a" * 300_000,
    b"[" * 200_000,
    b'{"text": "' + b"x" * 200_000 + b'"}',
    b"\x00" * 100_000,
    b'"' * 99_999,
    b"\n" * 50_000,
]

Case = tuple[str, str | None, bytes]


def a_case(rng: Random) -> Case:
    """Return the kind of a file, the field that is asked for, and what the file holds."""
    suffix = rng.choice(list(_MAKERS))
    draw = rng.random()
    if draw < 0.1:
        content = rng.randbytes(rng.randint(0, 200))
    elif draw < 0.105:
        content = rng.choice(_HUGE)
    else:
        # Now and then what belongs to another kind
        content = _MAKERS[suffix if draw < 0.9 else rng.choice(list(_MAKERS))](rng)
    for _ in range(rng.choice([0, 0, 1, 1, 2]) if suffix != ".parquet" else rng.choice([0, 1, 1, 1])):
        content = spoiled(content, a_spoil(rng))
    return suffix, rng.choice(_FIELD_OPTIONS), content


def test_a_file_is_read_or_refused_in_one_sentence(quick_folder):
    paths = {suffix: quick_folder / f"text{suffix}" for suffix in _MAKERS}

    def check(case: Case) -> str:
        suffix, field, content = case
        paths[suffix].write_bytes(content)
        report = SourceReport()
        try:
            dialogs = list(read_dialogs([str(paths[suffix])], field=field, report=report))
        except SeqchatError as error:
            assert_sentence(str(error))
            return f"{suffix} refused"
        finally:
            for problem in report.problems:
                assert_sentence(problem)
        assert len(dialogs) == report.dialogs > 0
        for turn in (turn for dialog in dialogs for turn in dialog.turns):
            assert turn
            assert turn == clean(turn).strip()
            assert len(turn) <= MAX_TURN_CHARACTERS
        return f"{suffix} read"

    outcomes = fuzz(a_case, check)
    for suffix in _MAKERS:
        assert outcomes[f"{suffix} read"] > CASES // 200, "what does no harm is still read"
        assert outcomes[f"{suffix} refused"] > CASES // 200


@pytest.mark.parametrize("suffix", [".jsonl", ".txt"])
def test_a_line_that_is_too_long_is_passed_over(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr("seqchat.corpus.readers.decoded._MAX_LINE_LENGTH", 1_000)
    good = {".jsonl": b'{"text": "hello"}\n', ".txt": b"hello\n\n"}[suffix]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(good + b"x" * 5_000 + b"\n" + good + b"y" * 2_000)
    report = SourceReport()
    dialogs = list(read_dialogs([str(path)], report=report))
    assert [turn for dialog in dialogs for turn in dialog.turns] == ["hello", "hello"]
    assert report.skipped == 2
    assert all("a line of more than" in problem for problem in report.problems)


def test_objects_of_many_kinds_are_no_table_of_all_their_names(tmp_path):
    """As a table, this small file would have a hundred million cells."""
    document = {f"record {n}": {f"name {n}": "text"} for n in range(10_000)}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    assert len(list(read_dialogs([str(path)]))) == 10_000


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("你好\n")

    def denied(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(SeqchatError, match="Permission denied") as failure:
        list(read_dialogs([str(path)]))
    assert_sentence(str(failure.value))


@pytest.mark.parametrize(
    "name", ["x" * 300 + ".txt", "~nobody/x.txt", "a\x00.txt", "\ud800.csv", "x" * 5_000, "a/" * 3_000]
)
def test_a_source_that_cannot_be_a_name_is_one_sentence(name):
    with pytest.raises(SeqchatError) as failure:
        list(read_dialogs([name]))
    assert_sentence(str(failure.value))


@pytest.mark.filterwarnings("ignore:Data type alias")
def test_a_spoiled_stream_of_ids_is_opened_or_refused_in_one_sentence(quick_folder):
    words = Vocabulary([*SPECIAL_WORDS, "你", "好"], segmenter("auto"))
    IdStream.write(quick_folder, [Dialog(("你好", "好")), Dialog(("好",))], words)
    original = (quick_folder / "starts.npy").read_bytes()

    def check(spoil: Spoil) -> str:
        (quick_folder / "starts.npy").write_bytes(spoiled(original, spoil))
        try:
            stream = IdStream.open(quick_folder)
        except SeqchatError as error:
            assert_sentence(str(error))
            return "refused"
        assert sum(len(ids) for ids, _ in stream.blocks()) == len(stream) == stream.starts[-1] <= 9
        assert len(stream.counts(len(words))) == len(words)
        return "opened"

    outcomes = fuzz(a_spoil, check, CASES // 5)
    assert min(outcomes["opened"], outcomes["refused"]) > CASES // 200
