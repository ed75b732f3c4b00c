"""Made-up exports as files (`exports/`), and what must be read of each (`exports/expected.json`): its turns in dialogs,
and for each turn the first one of the same speaker."""

import io
import json
from pathlib import Path

import pytest

from seqchat.corpus.formats.sms import items_of
from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.sources import read_dialogs

FOLDER = Path(__file__).parent / "exports"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_an_export_is_read_exactly(name):
    dialogs = list(read_dialogs([str(FOLDER / name)]))
    assert [list(dialog.turns) for dialog in dialogs] == EXPECTED[name]["dialogs"]
    if "speakers" in EXPECTED[name]:
        said_by = [speaker for dialog in dialogs for speaker in dialog.speakers]
        assert [said_by.index(speaker) for speaker in said_by] == EXPECTED[name]["speakers"]


def test_every_file_has_its_expectation():
    assert {path.name for path in FOLDER.iterdir()} == {*EXPECTED, "expected.json"}


class _InPieces(io.BytesIO):
    """A file that gives a few bytes at once, whatever is asked for."""

    def __init__(self, data, most):
        super().__init__(data)
        self._most = most

    def read(self, size=-1):
        return super().read(self._most)


@pytest.mark.parametrize("most", range(1, 24))
def test_two_halves_of_a_character_are_joined_wherever_the_file_is_cut(most):
    body = "&#55357;&#56832; &#xD83D;&#xDE00; &amp; &#10;."
    sms = f'<smses><sms address="1" date="1704490865000" type="1" body="{body}"/></smses>'
    (message,) = items_of(_InPieces(sms.encode(), most))
    assert message.text == "😀 😀 & \n."


def test_a_name_with_a_colon_needs_three_messages(tmp_path):
    lines = [
        "[05/01/2024, 21:41:05] Ana: Note: bring rice",
        "[05/01/2024, 21:42:05] Bob: ok",
        "[05/01/2024, 21:43:05] Ana: Note: and tea",
    ]
    (tmp_path / "chat.txt").write_text("\n".join(lines), "utf-8")
    (dialog,) = read_dialogs([str(tmp_path / "chat.txt")])
    assert dialog.turns == ("Note: bring rice", "ok", "Note: and tea")


def test_what_threema_writes_for_a_picture_is_left_out_only_with_its_file(tmp_path):
    report = SourceReport()
    (dialog,) = read_dialogs([str(FOLDER / "threema.txt")], report=report)
    assert "Bild" in dialog.turns
    assert report.files[0].counts.left_out["media note"] == 4


@pytest.mark.parametrize(
    ("name", "mine"), [("claude.json", (True, False, True)), ("sms-ie.ndjson", (False, True, False))]
)
def test_the_owner_of_an_export_is_known(name, mine):
    (dialog,) = read_dialogs([str(FOLDER / name)])
    assert dialog.mine == mine
