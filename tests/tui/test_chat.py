"""The mode *chat*, and the conversation behind it."""

import pytest

from seqchat.tui.conversation import Conversation, Turn
from seqchat.tui.screens.dialog import Confirm
from seqchat.tui.widgets.turns import MAX_VIEWS, TurnView

pytestmark = pytest.mark.slow

NAMES = {"you": "Ann", "model": "lstm*chat"}


def conversation():
    return Conversation([Turn("you", "你好"), Turn("model", "在"), Turn("you", "吃[b]吗"), Turn("model", "吃\n了 *x*")])


def test_a_turn_is_taken_back_with_all_that_follows():
    talk = conversation()
    assert talk.remove_from(3) == "吃[b]吗"
    assert [turn.text for turn in talk.turns] == ["你好", "在"]
    assert talk.remove_from(0) == "你好"
    assert talk.remove_from(0) == ""


def test_a_reply_is_emptied_with_all_that_follows():
    talk = conversation()
    assert talk.restart_reply(0)
    assert [turn.text for turn in talk.turns] == ["你好", ""]
    assert not Conversation().restart_reply(0)


def test_a_conversation_as_text_and_markdown():
    assert conversation().as_text(NAMES).splitlines()[2:] == ["Ann: 吃[b]吗", "lstm*chat: 吃 了 *x*"]
    assert conversation().as_markdown(NAMES).split("\n\n")[2:] == [
        "**Ann:** 吃\\[b\\]吗",
        "**lstm\\*chat:** 吃 了 \\*x\\*\n",
    ]


async def talk(d, text):
    chat = d.workspace.views.chat
    before = chat.conversation.turns[-1:]
    await d.press(*text)
    await d.press("enter")

    def has_reply():
        last = chat.conversation.turns[-1:]
        return not d.workspace.replies.is_writing and last and last[0].text and all(last[0] is not t for t in before)

    await d.until(has_reply, "a reply")


def turns(d):
    return [turn.text for turn in d.workspace.views.chat.conversation.turns]


async def test_a_reply_streams_in_and_candidates_follow_the_conversation(desk):
    async with desk() as d:
        await d.press("alt+m")
        await talk(d, "你好")
        assert turns(d)[0] == "你好"
        assert turns(d)[1]
        # A longer one goes on in the next line.
        await d.until(lambda: f"lstm  {turns(d)[1][:4]}".rstrip() in d.screen, "the reply")
        assert d.editor.text == ""
        await d.thought()
        assert d.workspace.completion.latest.text == f"你好\n{turns(d)[1]}\n"
        await d.press(*"晚上")
        await d.thought()
        await d.press("alt+1")
        assert len(d.editor.text) > 2


async def test_typing_goes_on_while_a_reply_streams(desk, monkeypatch):
    import time

    from seqchat.completion import chat as replies

    reply = replies.reply

    def slow(*arguments):
        for text in reply(*arguments):
            time.sleep(0.05)
            yield text

    monkeypatch.setattr(replies, "reply", slow)
    async with desk() as d:
        await d.press("alt+m", *"你好", "enter")
        await d.press(*"晚上吃什么")
        assert d.editor.text == "晚上吃什么"
        await d.until(lambda: not d.workspace.replies.is_writing, "the end of the reply")
        assert len(turns(d)) == 2


async def test_a_reply_can_be_asked_for_again(desk):
    async with desk(temperature=1.5) as d:
        await d.press("alt+m")
        await talk(d, "你好")
        seen = {turns(d)[1]}
        for _ in range(8):
            await d.press("ctrl+r")
            await d.until(lambda: not d.workspace.replies.is_writing and turns(d)[-1], "another reply")
            seen.add(turns(d)[1])
            assert len(turns(d)) == 2
        assert len(seen) > 1


async def test_a_turn_can_be_changed_and_sent_again(desk):
    async with desk() as d:
        await d.press("alt+m")
        await talk(d, "你好")
        await talk(d, "在吗")
        await d.press("alt+up")
        assert isinstance(d.app.focused, TurnView)
        await d.press("up", "up")
        assert d.app.focused.turn.text == "你好"
        before = turns(d)
        await d.press("enter")
        assert d.editor.text == "你好"
        # Nothing is lost before it is sent, and what stands before the prompt is what stood before the turn.
        assert turns(d) == before
        await d.thought()
        assert d.workspace.completion.latest.text == "你好"
        await d.press("escape")
        await d.pilot.pause()
        assert d.editor.text == "", "one Esc is enough, whatever is offered"
        await d.until(
            lambda: d.workspace.completion.latest.text == "".join(f"{turn}\n" for turn in before), "all turns"
        )
        await d.press("alt+up", "up", "up", "enter")
        await talk(d, "呀")
        assert turns(d)[0] == "你好呀"
        assert len(turns(d)) == 2


async def test_another_reply_in_the_middle_is_asked_about_first(desk):
    async with desk() as d:
        await d.press("alt+m")
        await talk(d, "你好")
        await talk(d, "在吗")
        before = turns(d)
        await d.press("alt+up", "up", "up", "alt+shift+r")
        await d.until(lambda: isinstance(d.app.screen, Confirm), "a question")
        await d.press("escape")
        await d.until(lambda: d.app.screen is d.workspace, "the conversation")
        assert turns(d) == before
        await d.press("alt+shift+r")
        await d.until(lambda: isinstance(d.app.screen, Confirm), "a question")
        await d.press("right", "enter")
        await d.until(
            lambda: not d.workspace.replies.is_writing and len(turns(d)) == 2 and turns(d)[1], "another reply"
        )
        assert turns(d)[0] == "你好"


async def test_a_restored_conversation_has_the_name_of_the_model(desk):
    async with desk() as d:
        await d.press("alt+m")
        await d.workspace.views.chat.load(Conversation([Turn("you", "你好"), Turn("model", "在")]))
        await d.settled()
        await d.press('"', *"在", '"', "<", "backspace", "backspace")
        assert d.editor.text == "“在", "the turn before says that the prompt is Chinese"
        d.editor.load_text("")
        await d.until(lambda: "lstm  在" in d.screen, "the name")


async def test_a_long_reply_begins_beside_its_name(desk):
    reply = "真的有用吗车的，不是去花，我下班来你要的事了，没了，" * 4
    async with desk() as d:
        await d.press("alt+m")
        await d.workspace.views.chat.load(Conversation([Turn("you", "你好吗"), Turn("model", reply)]))
        await d.until(lambda: "lstm  真的有用吗" in d.screen, "the reply beside the name")
        view = d.workspace.views.chat.query(TurnView).last()
        shown = [view.render_line(y).text.strip("▌ ") for y in range(view.size.height)]
        assert "".join(shown).startswith(f"lstm  {reply}")


async def test_a_reply_keeps_the_name_of_the_model_that_wrote_it(desk, models, tmp_path):
    async with desk() as d:
        await d.press("alt+m")
        await talk(d, "你好")
        await d.workspace.use_models([str(models["gru"])])
        await d.until(lambda: d.workspace.views.chat.names["model"] == "gru", "the other model")
        await talk(d, "在吗")
        assert [turn.name for turn in d.workspace.views.chat.conversation.turns] == ["", "lstm", "", "gru"]
        assert "lstm  " in d.screen
        text = d.workspace.views.chat.conversation.as_text(d.workspace.views.chat.names).splitlines()
        assert [line.split(":")[0] for line in text] == ["You", "lstm", "You", "gru"]
    async with desk("rnn") as again:
        chat = again.workspace.views.chat
        await again.until(
            lambda: [turn.name for turn in chat.conversation.turns] == ["", "lstm", "", "gru"], "all turns"
        )


async def test_a_reply_goes_only_into_its_own_conversation(desk):
    async with desk() as d:
        await d.press("alt+m", *"你好", "enter")
        await d.workspace.views.chat.load(Conversation([Turn("you", "在吗"), Turn("model", "在")]))
        await d.until(lambda: not d.workspace.replies.is_writing, "the end of the reply")
        assert turns(d) == ["在吗", "在"]


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 45)])
async def test_several_models_leave_room_for_what_is_written(desk, size):
    async with desk("rnn", "lstm", "gru", size=size) as d:
        await d.press(*"我们")
        await d.thought()
        assert d.editor.content_size.height >= 3
        assert all(bar.content_size.height >= 2 for bar in d.workspace.views.bars)
        await d.press("alt+m")
        await talk(d, "你好")
        assert d.editor.content_size.height >= 1
        assert d.workspace.views.chat.query_one("#turns").content_size.height >= 3
        assert not d.workspace.views.continuations.display


async def test_turns_have_keys_to_copy_and_repeat(desk):
    async with desk() as d:
        await d.press("alt+m")
        await talk(d, "你好")
        await d.press("alt+c")
        assert d.app.clipboard == turns(d)[1]
        await d.press("alt+up", "ctrl+c")
        assert d.app.clipboard == "你好"
        await d.press("alt+shift+r")
        await d.until(lambda: not d.workspace.replies.is_writing and turns(d)[-1], "another reply")
        await d.press("alt+up", "escape")
        assert d.editor.has_focus


async def test_the_text_stays_while_one_chats(desk):
    async with desk() as d:
        await d.press(*"一段文字", "alt+m", *"你好", "alt+m")
        assert d.editor.text == "一段文字"
        await d.press("alt+m")
        assert d.editor.text == "你好"


async def test_a_new_conversation_is_asked_about_first(desk):
    async with desk() as d:
        await d.press("alt+m")
        await talk(d, "你好")
        await d.press("alt+n")
        await d.until(lambda: "new conversation?" in d.screen)
        await d.press("enter")
        assert len(turns(d)) == 2, "the first answer is the safe one"
        await d.press("alt+n")
        await d.until(lambda: "new conversation?" in d.screen)
        await d.press("right", "enter")
        await d.until(lambda: turns(d) == [])


async def test_a_conversation_is_saved_as_markdown_or_text(desk, tmp_path):
    from textual.widgets import Input

    async with desk(size=(100, 30)) as d:
        await d.press("alt+m")
        await talk(d, "你好")
        for name in ("talk.md", "talk.txt"):
            await d.press("alt+s")
            await d.until(lambda: "Save as" in d.screen)
            d.app.screen.query_one(Input).value = str(tmp_path / name)
            d.app.screen.query_one(Input).focus()
            await d.press("enter")
            await d.until(lambda name=name: (tmp_path / name).exists(), name)
        assert (tmp_path / "talk.md").read_text().startswith("**You:** 你好\n\n**lstm:** ")
        assert (tmp_path / "talk.txt").read_text() == f"You: 你好\nlstm: {turns(d)[1]}\n"


async def test_of_a_long_conversation_the_last_turns_are_drawn_first(desk):
    said = [Turn("you" if i % 2 == 0 else "model", f"第{i}句") for i in range(2 * MAX_VIEWS + 10)]
    async with desk() as d:
        chat = d.workspace.views.chat
        await d.press("alt+m")
        await chat.load(Conversation(list(said)))
        assert [view.turn.text for view in chat.query(TurnView)] == [turn.text for turn in said[-MAX_VIEWS:]]
        await d.until(lambda: said[-1].text in d.screen, "the last turn")
        chat.query(TurnView).first().focus()
        await d.press("up")
        await d.until(lambda: len(chat.query(TurnView)) > MAX_VIEWS, "the turns before")
        await d.until(lambda: d.app.focused.turn is said[-MAX_VIEWS - 1], "the turn before in focus")
        await d.until(lambda: chat.query_one("#turns").scroll_y > 0, "the turns at their old place")
        # The mouse wheel gets to the first one too.
        chat.query_one("#turns").scroll_home(animate=False)
        await d.until(lambda: len(chat.query(TurnView)) == len(said), "all turns")
        assert [view.turn for view in chat.query(TurnView)] == said
        d.app.focused.action_edit()
        await d.until(lambda: chat.prompt.text, "the turn that is changed")
        assert chat.prompt.text == said[-MAX_VIEWS - 2].text
        await d.press("enter")
        await d.until(lambda: len(turns(d)) == len(said) - MAX_VIEWS, "the conversation up to there")
