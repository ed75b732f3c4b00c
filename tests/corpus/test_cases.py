"""Small made-up exports beside the repository, each with what must be read of it."""

import json
from itertools import chain
from pathlib import Path

import pytest

from seqchat.corpus.sources import read_dialogs
from seqchat.errors import SeqchatError

CASES = Path(__file__).parents[3] / "shared" / "cases"
MARKS = dict.fromkeys([0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
MARKS |= dict.fromkeys([0xA0, 0x202F, 0x3000], " ")


def bare(dialogs):
    return [[turn.translate(MARKS) for turn in dialog] for dialog in dialogs]


@pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases")
@pytest.mark.parametrize("file", sorted(CASES.glob("*.expected.json")), ids=lambda file: file.name)
def test_what_people_said_is_read(file):
    expected = json.loads(file.read_text("utf-8"))
    case = file.with_name(file.name.removesuffix(".expected.json"))
    if expected.get("refused"):
        with pytest.raises(SeqchatError):
            list(read_dialogs([str(case)]))
        return
    dialogs = list(read_dialogs([str(case)]))
    read = bare(dialog.turns for dialog in dialogs)
    answers = [bare(answer) for answer in (expected["dialogs"], *expected.get("dialogs_or", []))]
    if expected.get("boundaries") == "any":
        read, answers = list(chain(*read)), [list(chain(*answer)) for answer in answers]
    assert read in answers
    if "speakers" in expected:
        said_by = [name for dialog in dialogs for name in dialog.speakers]
        wanted = [name for names in expected["speakers"] for name in names]
        assert len(set(zip(said_by, wanted, strict=True))) == len(set(said_by)) == len(set(wanted))
