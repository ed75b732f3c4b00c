"""What was written is there at the next start, whatever happened."""

import dataclasses
import json

import pytest

from seqchat import locations
from seqchat.tui.session import MAX_SESSIONS, Session, Sessions, forget


def test_a_session_is_read_as_it_was_written(tmp_path):
    mine = Sessions(tmp_path / "s")
    session = Session(
        mode="chat", text="一\n二", cursor=(1, 1), path="/x", turns=[("you", "好"), ("model", "")], draft="在"
    )
    mine.save(session)
    assert list(Sessions(tmp_path / "s").earlier()) == [], "its process still runs"
    mine.close(session)
    ((path, found),) = Sessions(tmp_path / "s").earlier()
    assert found.ended
    assert (found.mode, found.text, found.cursor, found.path, found.draft) == ("chat", "一\n二", (1, 1), "/x", "在")
    assert [turn.text for turn in found.conversation().turns] == ["好"], "a reply that never came is dropped"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_an_empty_session_leaves_nothing_behind(tmp_path):
    mine = Sessions(tmp_path / "s")
    mine.save(Session())
    mine.close(Session())
    assert not list(tmp_path.rglob("*.json"))
    mine = Sessions(tmp_path / "s")
    mine.save(Session(text="x"))
    mine.close(Session())
    assert not list(tmp_path.rglob("*.*"))


def test_what_did_not_change_is_not_written_again(tmp_path):
    mine = Sessions(tmp_path)
    mine.save(Session(text="x"))
    (path,) = tmp_path.glob("*.json")
    before = path.stat().st_mtime_ns
    mine.save(Session(text="x"))
    assert path.stat().st_mtime_ns == before
    mine.save(Session(text="xy"))
    assert json.loads(path.read_text())["text"] == "xy"


def test_a_crashed_session_is_told_from_one_that_ended(tmp_path):
    mine = Sessions(tmp_path)
    mine.save(Session(text="x"))
    mine.close(Session(text="xy"), crashed=True)
    ((path, found),) = Sessions(tmp_path).earlier()
    assert not found.ended
    assert found.text == "xy"
    Sessions(tmp_path).mark_ended(path)
    ((_, found),) = Sessions(tmp_path).earlier()
    assert found.ended


def test_only_the_last_sessions_are_kept(tmp_path):
    for number in range(MAX_SESSIONS + 3):
        mine = Sessions(tmp_path)
        mine.save(Session(text=str(number)))
        mine.close(Session(text=str(number)))
    found = [session.text for _, session in Sessions(tmp_path).earlier()]
    assert found[0] == str(MAX_SESSIONS + 2)
    assert len(found) <= MAX_SESSIONS + 1


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"text": 3}', '{"mode":"compose","text":"x","cursor":[1],"path":"","turns":[],"draft":""}'],
)
def test_a_damaged_file_is_passed_over(tmp_path, content):
    (tmp_path / "20260101-000000-1.json").write_text(content)
    assert list(Sessions(tmp_path).earlier()) == []


def test_what_a_file_holds_is_cleaned(tmp_path):
    mine = Sessions(tmp_path)
    mine.save(Session(text="a\x1b[31mb"))
    mine.close(Session(text="a\x1b[31mb"))
    ((_, found),) = Sessions(tmp_path).earlier()
    assert found.text == "ab"


def test_forget_removes_all_but_those_in_use(tmp_path):
    running, ended = Sessions(tmp_path), Sessions(tmp_path)
    running.save(Session(text="running"))
    ended.save(Session(text="ended"))
    ended.close(Session(text="ended"))
    assert forget(tmp_path) == 1
    assert len(list(tmp_path.glob("*.json"))) == 1


@pytest.mark.slow
async def test_the_next_start_goes_on_with_text_cursor_conversation_and_mode(desk):
    async with desk() as d:
        await d.press(*"第一行", "enter", *"第二行", "up")
        cursor = d.editor.cursor_location
        await d.press("alt+m", *"你好", "enter")
        await d.until(
            lambda: not d.workspace.replies.is_writing and len(d.workspace.views.chat.conversation.turns) == 2
        )
        said = d.workspace.views.chat.conversation.history()
        await d.press(*"草稿")
    async with desk() as d:
        await d.until(lambda: d.workspace.views.mode == "chat")
        assert d.editor.text == "草稿"
        assert d.workspace.views.chat.conversation.history() == said
        await d.press("alt+m")
        assert d.editor.text == "第一行\n第二行"
        assert d.editor.cursor_location == cursor
        await d.settled()
    async with desk(options={"fresh": True}) as d:
        assert d.editor.text == ""


async def test_what_is_typed_is_on_the_disk_soon(desk):
    async with desk() as d:
        await d.press(*"不能丢")
        await d.until(lambda: [p for p in locations.sessions().glob("*.json") if "不能丢" in p.read_text()], "autosave")


@pytest.mark.parametrize("answer", ["go on", "begin anew"])
async def test_a_session_that_was_killed_is_offered(desk, answer):
    killed = Session(text="不能丢", cursor=(0, 3))
    folder = locations.sessions()
    folder.mkdir(parents=True)
    (folder / "20260101-000000-1.json").write_text(json.dumps(dataclasses.asdict(killed)))
    async with desk() as d:
        await d.until(lambda: "did not end normally" in d.screen)
        await d.press(*(["right"] if answer == "begin anew" else []), "enter")
        await d.until(lambda: d.app.screen is d.workspace)
        await d.pilot.pause()
        assert d.editor.text == ("不能丢" if answer == "go on" else "")
        d.app.action_sessions()
        await d.until(lambda: "不能丢" in d.screen)
    async with desk() as d:
        await d.pilot.pause()
        assert "did not end normally" not in d.screen


async def test_a_late_autosave_does_not_undo_the_end(desk):
    async with desk() as d:
        await d.press(*"写完了")
        await d.until(lambda: d.editor.text == "写完了")
        d.app.sessions.close(saved=True, crashed=False)
        d.app.sessions.save()
        (saved,) = locations.sessions().glob("*.json")
        assert json.loads(saved.read_text("utf-8"))["ended"]


@pytest.mark.slow
async def test_earlier_sessions_can_be_gone_on_with(desk):
    for text in ("第一次", "第二次"):
        async with desk(options={"fresh": True}) as d:
            await d.press(*text)
    async with desk() as d:
        await d.until(lambda: d.editor.text == "第二次")
        d.app.action_sessions()
        await d.until(lambda: "第一次" in d.screen)
        await d.press("down", "enter")
        await d.until(lambda: d.editor.text == "第一次")
