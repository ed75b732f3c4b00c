"""Archives, folders and files that hold no text."""

import json
import zipfile

import pytest

from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.sources import read_dialogs
from seqchat.errors import SeqchatError

CHAT = "29/03/2024, 13:23 - Nora: hello\n29/03/2024, 13:24 - Theo: <Media omitted>\n29/03/2024, 22:00 - Theo: hi\n"


def turns(path, **options):
    return [list(dialog.turns) for dialog in read_dialogs([str(path)], **options)]


def archive(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    return path


def test_the_texts_of_an_archive_are_read_and_other_files_are_counted(tmp_path):
    report = SourceReport()
    path = archive(tmp_path / "a.zip", {"_chat.txt": CHAT, "b.jpg": b"\xff\xd8", "__MACOSX/c.txt": "x"})
    assert turns(path, report=report) == [["hello"], ["hi"]]
    assert "1 file of other kinds (1 .jpg)" in " ".join(report.sentences())


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"../chat.txt": CHAT}, "lead out of it"),
        ({"/chat.txt": CHAT}, "lead out of it"),
        ({"chat.txt": b"\0" * 20_000_000}, "too many for its size"),
        ({"a.png": b"x"}, "holds no text"),
    ],
)
def test_archives_that_do_harm_or_have_no_text_are_refused_in_a_sentence(tmp_path, files, says):
    with pytest.raises(SeqchatError, match=says):
        turns(archive(tmp_path / "a.zip", files))


def test_one_unusable_file_does_not_end_the_run(tmp_path):
    (tmp_path / "a.json").write_text('{"messages": [{"sender_name": "N', "utf-8")
    (tmp_path / "b.txt").write_text(CHAT, "utf-8")
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "circle").symlink_to(tmp_path)
    report = SourceReport()
    assert turns(tmp_path, report=report) == [["hello"], ["hi"]]
    assert report.skipped == 2


def test_pauses_notes_and_speakers(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(CHAT, "utf-8")
    assert turns(path, options=ReadingOptions(pause=24 * 3600)) == [["hello", "hi"]]
    assert turns(path, options=ReadingOptions(keep_notes=True))[0] == ["hello", "<Media omitted>"]
    report = SourceReport()
    assert [dialog.speakers for dialog in read_dialogs([str(path)], report=report)] == [("Nora",), ("Theo",)]
    line = report.files[0].sentences()[0]
    assert line.endswith("WhatsApp, 2 messages by 2 people on 1 day; left out: 1 media note")
    assert SourceReport.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_a_chat_of_only_media_is_refused_with_what_it_has(tmp_path):
    (tmp_path / "a.txt").write_text("29/03/2024, 13:23 - Nora: <Media omitted>\n", "utf-8")
    with pytest.raises(SeqchatError, match="nothing but 1 media note"):
        turns(tmp_path / "a.txt")


def test_markdown_is_read_without_its_marks(tmp_path):
    (tmp_path / "a.md").write_text("# Title\n\nSome *text* and [a link](https://a.b).\n\n- one\n", "utf-8")
    assert turns(tmp_path / "a.md") == [["Title", "Some text and a link.", "one"]]


def test_columns_are_turns(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,ask,reply\n1,is it late?,not very\n", "utf-8")
    assert turns(path, options=ReadingOptions(columns=("ask", "reply"))) == [["is it late?", "not very"]]


def test_mails_that_answer_each_other_are_a_dialog_without_quotations(tmp_path):
    first = "From a@b Fri Mar 29 13:23:00 2024\nFrom: Nora <a@b>\nSubject: plants\nMessage-ID: <1>\n\nDid you?\n\n"
    second = "From c@d Fri Mar 29 14:23:00 2024\nFrom: Theo <c@d>\nSubject: Re: plants\nMessage-ID: <2>\n"
    second += "In-Reply-To: <1>\n\nYes.\n\nOn Friday Nora wrote:\n> Did you?\n\n"
    (tmp_path / "a.mbox").write_text(first + second, "utf-8")
    assert turns(tmp_path / "a.mbox") == [["Did you?", "Yes."]]
