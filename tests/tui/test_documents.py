"""Text files: opened, saved, and never lost."""

import pytest
from textual.widgets import Input

from seqchat.errors import SeqchatError
from seqchat.tui import documents
from seqchat.tui.documents import Document, describe_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", "0 words"),
        ("Hello!", "1 word"),
        (" 我\n", "1 character"),
        ("I don't know, 3 well-known ones", "6 words"),
        ("我 们吃火锅。", "6 characters"),
        ("我们吃 hot pot", "9 characters"),
    ],
)
def test_a_text_is_as_long_as_word_processors_say(text, length):
    assert describe_length(text) == length


def test_a_file_keeps_its_line_breaks_its_permissions_and_its_place(tmp_path):
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_bytes("一\r\n二".encode())
    real.chmod(0o640)
    link.symlink_to(real)
    document = Document.read(link)
    assert document.text == "一\n二"
    Document.write(link, "一\n三", document.newline)
    assert real.read_bytes() == "一\r\n三".encode()
    assert real.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()


@pytest.mark.parametrize("make", ["none", "folder", "bytes", "large"])
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path, make, monkeypatch):
    path = tmp_path / "x"
    if make == "folder":
        path.mkdir()
    elif make == "bytes":
        path.write_bytes(b"\xff\xfe\x00")
    elif make == "large":
        monkeypatch.setattr(documents, "MAX_BYTES", 3)
        path.write_text("1234")
    with pytest.raises(SeqchatError) as error:
        Document.read(path)
    assert str(path) in str(error.value)


def test_writing_where_nothing_can_be_written_is_said(tmp_path):
    with pytest.raises(SeqchatError, match="no such folder"):
        Document.write(tmp_path / "no" / "x", "1")


async def save_as(d, path):
    await d.until(lambda: d.app.screen is not d.workspace and d.app.screen.query(Input), "the dialog")
    field = d.app.screen.query_one(Input)
    field.value = str(path)
    field.focus()
    await d.press("enter")


async def test_a_text_is_saved_and_opened(desk, tmp_path):
    path = tmp_path / "a [b].txt"
    async with desk() as d:
        await d.press(*"你好")
        await d.press("ctrl+s")
        await save_as(d, path)
        await d.until(lambda: path.exists() and d.app.screen is d.workspace)
        assert path.read_text() == "你好"
        await d.until(lambda: "a [b].txt" in d.screen)
        await d.press("呀")
        await d.until(lambda: "a [b].txt •" in d.screen, "the mark of an unsaved text")
        await d.press("alt+s")
        await d.until(lambda: path.read_text() == "你好呀")
        other = tmp_path / "other.txt"
        other.write_text("别的")
        await d.press("ctrl+o")
        await save_as(d, other)
        await d.until(lambda: d.editor.text == "别的")
        await d.settled()


async def test_a_file_that_another_program_changed_is_asked_about(desk, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("一")
    async with desk(options={"file": path}) as d:
        assert d.editor.text == "一"
        path.write_text("二二二")
        import os

        os.utime(path, ns=(1, 1))
        await d.press("alt+s")
        await d.until(lambda: "changed by another program" in d.screen)
        await d.press("enter")
        assert path.read_text() == "二二二"
        await d.press("alt+s")
        await d.until(lambda: "changed by another program" in d.screen)
        await d.press("right", "enter")
        await d.until(lambda: path.read_text() == "一")


async def test_an_existing_file_is_not_written_over_unasked(desk, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("一")
    async with desk() as d:
        await d.press(*"二", "alt+s")
        await save_as(d, path)
        await d.until(lambda: "exists already" in d.screen)
        await d.press("escape")
        await d.until(lambda: d.app.screen is d.workspace)
        assert path.read_text() == "一"


async def test_unsaved_text_is_asked_about(desk):
    async with desk() as d:
        await d.press(*"二", "alt+n")
        await d.until(lambda: "is not saved" in d.screen)
        await d.press("escape")
        assert d.editor.text == "二"
        await d.press("alt+n")
        await d.until(lambda: "is not saved" in d.screen)
        await d.press("right", "enter")
        await d.until(lambda: d.editor.text == "")


async def test_a_file_that_cannot_be_opened_is_said(desk, tmp_path):
    (tmp_path / "x.bin").write_bytes(b"\xff\xfe")
    async with desk(options={"file": tmp_path / "x.bin"}) as d:
        await d.until(lambda: any("not UTF-8 text" in said for said in d.notices))
        await d.press(*"还能写")
        assert d.editor.text == "还能写"


async def test_the_whole_text_is_copied(desk):
    async with desk() as d:
        await d.press(*"一二", "alt+c")
        assert d.app.clipboard == "一二"


async def test_a_name_can_be_typed_at_once_beside_files_with_any_names(desk, tmp_path):
    for name in ("[red]x[/red]", "[/]", "a [link=x]b", "\x1b[31mx", "👨‍👩‍👧.txt"):
        (tmp_path / name.replace("/", "_")).write_text("x")
    async with desk() as d:
        await d.press(*"二", "alt+s")
        await d.until(lambda: d.app.screen is not d.workspace and d.app.screen.query(Input), "the dialog")
        await d.pilot.pause(0.2)
        assert "\x1b" not in d.screen
        assert "[red]x[_red]" in d.screen
        await d.press("ctrl+u", *"new.txt", "enter")
        await d.pilot.pause(0.5)
        assert (tmp_path / "new.txt").exists(), (sorted(p.name for p in tmp_path.iterdir()), d.notices)


async def test_a_file_that_is_not_there_yet_is_begun_under_its_name(desk, tmp_path):
    path = tmp_path / "new.txt"
    async with desk(options={"file": path}) as d:
        await d.until(lambda: "new.txt" in d.screen, "the name")
        await d.press(*"一二")
        assert not path.exists()
        await d.press("ctrl+s")
        await d.until(path.exists, "the file")
        assert path.read_text(encoding="utf-8") == "一二"


async def test_a_folder_that_is_not_there_is_said_and_the_name_asked_for_again(desk, tmp_path):
    async with desk() as d:
        await d.press(*"一", "alt+s")
        await save_as(d, tmp_path / "nowhere" / "a.txt")
        await d.until(lambda: any("There is no folder" in said for said in d.notices), "a sentence")
        await d.until(lambda: d.app.screen is not d.workspace, "the dialog again")
        await d.press("escape")
        assert list(tmp_path.glob("**/a.txt")) == []


@pytest.mark.slow
async def test_a_path_can_be_typed_at_once_to_open_it(desk, tmp_path):
    (tmp_path / "a.txt").write_text("三", encoding="utf-8")
    async with desk() as d:
        await d.press("ctrl+o")
        await d.until(lambda: d.app.screen is not d.workspace and d.app.screen.query(Input), "the dialog")
        await d.pilot.pause(0.3)
        await d.press(*str(tmp_path / "a.txt"), "enter")
        await d.until(lambda: d.editor.text == "三", "the text")
