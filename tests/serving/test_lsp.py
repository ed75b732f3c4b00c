"""`seqchat lsp` with the client of pygls: what is offered, where it goes, and what documents may be like."""

import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from seqchat.completion.engine import Engine
from seqchat.completion.habits import Habits
from seqchat.completion.suggestion import suggest
from seqchat.serving.lsp.document import UNITS, Document, Place
from seqchat.serving.lsp.server import language_server
from seqchat.serving.lsp.suggesting import Choice, Suggester
from seqchat.serving.lsp.unknown_words import UnknownWords, without_last_word
from seqchat.wording import percentage

from ..processes import seqchat

URI = "file:///diary.md"


def suggester(engine, document, choice=None):
    """Return the suggestions for a document, without a server."""
    choice = choice or Choice()
    return Suggester(engine.fork(), document, choice, UnknownWords(engine.vocabulary, choice.habits))


class Editor:
    """An editor that is connected to a server in this process."""

    def __init__(self, engine, *, encodings=None, inline=False, choice=None, name="editor"):
        self.name = name
        self.server = language_server(lambda: engine, choice or Choice())
        self.client = LanguageClient("editor", "1")
        text = types.TextDocumentClientCapabilities(
            inline_completion=types.InlineCompletionClientCapabilities() if inline else None
        )
        general = types.GeneralClientCapabilities(position_encodings=encodings)
        self.capabilities = types.ClientCapabilities(text_document=text, general=general)
        self.messages = []
        self.client.feature(types.WINDOW_SHOW_MESSAGE)(lambda params: self.messages.append(params.message))

    async def __aenter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            host, port = free.getsockname()
        threading.Thread(target=self.server.start_tcp, args=[host, port], daemon=True).start()
        for _ in range(1_000):
            try:
                await self.client.start_tcp(host, port)
                break
            except OSError:
                await asyncio.sleep(0.01)
        about = types.ClientInfo(self.name)
        self.answer = await self.client.initialize_async(types.InitializeParams(self.capabilities, client_info=about))
        self.client.initialized(types.InitializedParams())
        return self

    async def __aexit__(self, *_):
        await self.client.shutdown_async(None)
        self.client.protocol.writer.close()
        await self.client.stop()

    def open(self, text, uri=URI):
        """Open a document."""
        item = types.TextDocumentItem(uri, "markdown", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def edit(self, start, end, text):
        """Replace a text; start, end: line and character."""
        where = types.Range(types.Position(*start), types.Position(*end))
        change = types.TextDocumentContentChangePartial(where, text)
        version = types.VersionedTextDocumentIdentifier(2, URI)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(version, [change]))

    async def items(self, line, character, trigger=types.CompletionTriggerKind.Invoked, uri=URI):
        """Ask for a list."""
        where = types.TextDocumentIdentifier(uri), types.Position(line, character)
        params = types.CompletionParams(*where, context=types.CompletionContext(trigger))
        found = await self.client.text_document_completion_async(params)
        assert found.is_incomplete
        return found.items

    async def grey(self, line, character):
        """Ask for grey text."""
        context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
        where = types.TextDocumentIdentifier(URI), types.Position(line, character)
        return (
            await self.client.text_document_inline_completion_async(types.InlineCompletionParams(context, *where))
        ).items


def taken(text, item, encoding="utf-16"):
    """The text after an item was taken."""
    document = Document(text, UNITS[encoding])
    edit = item.text_edit
    start, end = (document.place(place.line, place.character) for place in (edit.range.start, edit.range.end))
    assert item.filter_text == document._lines[start.line][start.column : end.column]
    document.replace(start, end, edit.new_text)
    return document.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_pinyin_is_replaced_wherever_it_is(lstm, encoding):
    text = "😀😀\r\n😀我想chihuog，再见"
    expected = suggest(Engine.fork(lstm), "😀😀\n😀我想chihuog", 9)
    position = UNITS[encoding].count("😀我想chihuog")
    async with Editor(lstm, encodings=[encoding]) as editor:
        assert editor.answer.capabilities.position_encoding == encoding
        editor.open(text)
        items = await editor.items(1, position)
        assert [item.sort_text for item in items] == sorted(item.sort_text for item in items)
        for item, suggestion in zip(items, expected, strict=True):
            kept = "😀我想chihuog"[: len("😀我想chihuog") - suggestion.replace]
            assert taken(text, item, encoding) == f"😀😀\n{kept}{suggestion.insert}，再见"
            assert item.label in (suggestion.insert, suggestion.word)
        assert any(item.text_edit.new_text == "吃火锅" and item.filter_text == "chihuog" for item in items)


async def test_the_rest_of_a_word_replaces_its_beginning(lstm):
    async with Editor(lstm, choice=Choice(k=60)) as editor:
        editor.open("我想吃火")
        items = await editor.items(0, 4)
        assert (items[0].filter_text, items[0].label, items[0].text_edit.new_text) == ("吃火", "吃火锅", "吃火锅")
        assert all(taken("我想吃火", item).startswith("我想吃火") for item in items)
        # Next words replace the same text, so that an editor does not put them last.
        assert {item.filter_text for item in items} == {"吃火"}
        assert any(item.text_edit.new_text == f"吃火{item.label}" for item in items)


async def test_what_is_computed_between_letters_changes_nothing(lstm, monkeypatch):
    ahead = []

    def look_ahead(self, place):
        ahead.append(place.column)
        compute(self, place)

    compute = Suggester.look_ahead
    monkeypatch.setattr(Suggester, "look_ahead", look_ahead)
    async with Editor(lstm) as editor:
        editor.open("")
        for end, letter in enumerate("womenquchihuog", 1):
            editor.edit((0, end - 1), (0, end - 1), letter)
            found = [(item.label, item.detail) for item in await editor.items(0, end)]
            for _ in range(1_000):
                if ahead[-1:] == [end]:
                    break
                await asyncio.sleep(0.01)
            alone = suggester(lstm, Document("womenquchihuog"[:end], UNITS["utf-16"]))
            candidates = alone.candidates(Place(0, end), worth=False)
            assert found == [(c.shown.strip() or c.shown, percentage(c.probability)) for c in candidates]
        assert ahead == list(range(1, 15))
        # A place that is gone is not looked at.
        await editor.items(0, 14)
        editor.open("")
        await asyncio.sleep(0.1)
        assert ahead == list(range(1, 15))


async def test_an_editor_that_filters_by_all_letters_is_given_them(lstm):
    async with Editor(lstm, name="helix") as editor:
        for text, letters in (
            ("去吧，我想chihuog", "我想chihuog"),
            ("我想", "我想"),
            ("ni'hao", "ni'hao"),
        ):
            editor.open(text)
            items = await editor.items(0, len(text))
            assert items
            assert {item.filter_text for item in items} == {letters}
        editor.open("我想chihuog")
        places = [item.text_edit.range.start.character for item in await editor.items(0, 9)]
        assert places[0] == 2


async def test_where_nothing_is_typed_items_pass_a_filter_by_their_next_letters(lstm):
    for name in ("editor", "helix"):
        async with Editor(lstm, name=name) as editor:
            editor.open("我想，")
            items = await editor.items(0, 3)
            assert items
            assert all(item.filter_text == item.text_edit.new_text.strip() for item in items)


def inserted_by_eglot(line, column, symbol, item):
    """Return what Emacs makes of a line: it puts the label in the place of the symbol, Eglot removes what stands
    behind the old place of the cursor, and then makes the edit."""
    start = column - len(symbol)
    buffer = line[:start] + item.label + line[column:]
    point = start + len(item.label)
    assert point >= column, "it would remove text before the cursor"
    buffer = buffer[:column] + buffer[point:]
    edit = item.text_edit
    return buffer[: edit.range.start.character] + edit.new_text + buffer[edit.range.end.character :]


@pytest.mark.parametrize(
    ("before", "symbol", "after", "expected"),
    [
        ("我想chihuog", "我想chihuog", "", "我想吃火锅"),
        ("去吧，我想chihuog", "我想chihuog", "后面", "去吧，我想吃火锅后面"),
        ("😀huoguo", "😀huoguo", "", "😀火锅"),
        ("**nihao", "**nihao", "", "**你好"),
        ("他说：nihao", "他说：nihao", " ok", "他说：你好 ok"),
        ("nihao", "nihao", "", "你好"),
        ("我想", "我想", "", None),
        ("我们今天晚上一起去吃饭", "我们今天晚上一起去吃饭", "吧", None),
        ("我想，", "", "", None),
    ],
)
async def test_eglot_removes_what_it_inserted_and_no_more(lstm, before, symbol, after, expected):
    async with Editor(lstm, name="Eglot", encodings=["utf-32"]) as editor:
        editor.open(before + after)
        items = await editor.items(0, len(before))
        assert items
        made = [inserted_by_eglot(before + after, len(before), symbol, item) for item in items]
        async with Editor(lstm, encodings=["utf-32"]) as other:
            other.open(before + after)
            edits = [item.text_edit for item in await other.items(0, len(before))]
        for text, edit in zip(made, edits, strict=True):
            assert text == before[: edit.range.start.character] + edit.new_text + after
        assert expected is None or expected in made
        for item in items:
            letters = iter(item.filter_text)
            assert all(character in letters for character in symbol), "Emacs would filter it out"


async def test_positions_are_utf_16_where_nothing_was_agreed_on(lstm):
    for encodings in (None, ["utf-7"], ["utf-16"]):
        async with Editor(lstm, encodings=encodings) as editor:
            assert editor.answer.capabilities.position_encoding == "utf-16"
            editor.open("😀 nihao")
            items = await editor.items(0, 8)
            assert all(item.text_edit.range.end.character == 8 for item in items)
            assert items[0].text_edit.range.start.character == 3


async def test_grey_text_only_where_the_editor_knows_it(lstm):
    async with Editor(lstm) as editor:
        assert editor.answer.capabilities.inline_completion_provider is None
    async with Editor(lstm, inline=True) as editor:
        assert editor.answer.capabilities.inline_completion_provider is not None
        shown = []
        for line in ("你好", "我想去", "今天", "不客", "谢谢", "再见"):
            editor.open(line)
            shown += [(line, item) for item in await editor.grey(0, len(line))]
        assert shown
        for line, item in shown:
            assert item.insert_text.startswith(suggest(lstm.fork(), line, 1)[0].insert)
            assert item.range == types.Range(types.Position(0, len(line)), types.Position(0, len(line)))


async def test_grey_text_is_not_what_follows_already(lstm):
    async with Editor(lstm, inline=True) as editor:
        shown = {}
        for line in ("你好", "我想去", "今天", "不客", "谢谢", "再见"):
            editor.open(line)
            for item in await editor.grey(0, len(line)):
                shown[line] = item.insert_text
        assert shown
        for line, text in shown.items():
            first = suggest(lstm.fork(), line, 1)[0].insert
            for follows in (f"{first}。\n然后", f" {first}"):
                editor.open(line + follows)
                assert not await editor.grey(0, len(line))
            editor.open(f"{line}\n{first}")
            assert [item.insert_text for item in await editor.grey(0, len(line))] == [text]
            editor.open(f"{line}。{first}")
            assert [item.insert_text for item in await editor.grey(0, len(line))] == [text]


@pytest.mark.slow
async def test_grey_text_is_not_inside_a_word():
    async with Editor(Engine.load("lstm-chat"), inline=True) as editor:
        for follows, is_shown in (("", True), ("!", True), (" we go", True), ("x", False), ("row", False)):
            editor.open(f"See you tomor{follows}")
            assert bool(await editor.grey(0, len("See you tomor"))) == is_shown


async def test_after_a_space_only_what_is_worth_a_glance_is_offered(lstm):
    async with Editor(lstm) as editor:
        editor.open("12:30 ")
        assert len(await editor.items(0, 6)) == 9
        assert len(await editor.items(0, 6, types.CompletionTriggerKind.TriggerCharacter)) < 9


async def test_words_below_and_far_above_are_expected(lstm):
    async with Editor(lstm, choice=Choice(k=60)) as editor:

        async def offered():
            return "火车" in [item.label for item in await editor.items(0, 2)]

        editor.open("我们\n")
        assert not await offered()
        editor.open("我们\n" + "我们的火车\n" * 20)
        for _ in range(1_000):
            if await offered():
                return
            await asyncio.sleep(0.01)
        pytest.fail("the words below are not expected")


async def test_words_that_the_model_lacks_are_offered_again(lstm):
    async with Editor(lstm) as editor:
        for text in ("Xylofahrt, Xylofahrt2 und Xylofant.\nXy", "Xy\nEine Xylofahrt! Xylofant?"):
            editor.open(text)
            line = text.split("\n").index("Xy")
            assert {item.text_edit.new_text.strip() for item in await editor.items(line, 2)} >= {
                "Xylofahrt",
                "Xylofant",
            }
        # In another document as well; what has digits may be a secret.
        editor.open("Xy", "file:///other.md")
        again = {item.text_edit.new_text.strip() for item in await editor.items(0, 2, uri="file:///other.md")}
        assert "Xylofahrt" in again
        assert "Xylofahrt2" not in again


async def test_a_document_that_comes_whole_at_each_key_counts_its_words_once(lstm):
    choice = Choice()
    async with Editor(lstm, choice=choice) as editor:
        for length in range(5):
            editor.open("Xylofahrt\n" + "Xylof"[:length])
            await editor.items(1, length)
    assert [(habit.word, habit.count) for habit in choice.habits] == [("Xylofahrt", pytest.approx(0.02))]


def test_unknown_words_are_read_wherever_the_cursor_goes(lstm):
    choice = Choice()
    words = ["Name" + "".join("abcdefghij"[int(digit)] for digit in f"{number:04}") for number in range(4_000)]
    document = Document("\n".join(words), UNITS["utf-16"])
    one = suggester(lstm, document, choice)
    one.candidates(Place(3_500, 0), worth=False)
    one.candidates(Place(3_440, 3), worth=False)
    assert {habit.count for habit in choice.habits} == {0.02}, "each occurs once"
    assert words[3_439] in {habit.word for habit in choice.habits}
    document.replace(Place(10, 0), Place(3_999, 0), "")
    one.candidates(Place(5, 0), worth=False)
    assert words[4] in {habit.word for habit in choice.habits}


def test_unknown_words_count_once_and_the_last_one_not_before_it_ends(lstm):
    habits = Habits()
    words = UnknownWords(lstm.vocabulary, habits)
    for _ in range(3):
        words.read(["Anna Xylofahrt Anna", without_last_word("Zwisch")])
    assert {habit.word: habit.count for habit in habits} == {"Anna": pytest.approx(0.12), "Xylofahrt": 0.02}
    words.read(["Xylofahrt " * 3])
    assert next(habit.count for habit in habits if habit.word == "Xylofahrt") == pytest.approx(0.22)


@pytest.mark.slow
async def test_a_slip_comes_after_what_letters_mean():
    async with Editor(Engine.load("lstm-chat")) as editor:
        editor.open("nihaoM\nnihao")
        offered = [item.text_edit.new_text for item in await editor.items(1, 5)]
        assert offered[0] == "你好"
        assert "nihaoM" in offered


async def test_of_requests_that_wait_for_the_model_the_last_one_is_answered(lstm):
    loads = threading.Event()

    def load():
        loads.wait(20)
        return lstm

    editor = Editor(lstm)
    editor.server = language_server(load, Choice())
    async with editor:
        editor.open("我想chihuog")
        asked = [asyncio.ensure_future(editor.items(0, length)) for length in range(3, 10)]
        await asyncio.sleep(0.2)
        loads.set()
        answers = await asyncio.gather(*asked)
        assert [bool(items) for items in answers] == [False] * 6 + [True]


async def test_what_is_no_document_or_no_position_is_answered(lstm):
    async with Editor(lstm, encodings=["utf-16"]) as editor:
        assert await editor.items(0, 0, uri="file:///etc/passwd") == ()
        editor.open("你好")
        for line, character in [(0, 99), (7, 0), (2**31 - 1, 2**31 - 1)]:
            assert await editor.items(line, character)
        editor.edit((5, 0), (9, 9), "，我想")
        assert taken("你好，我想", (await editor.items(0, 5))[0]).startswith("你好，我想")
        # Half of a character, and one alone
        editor.open("\ud83d你好😀")
        assert (await editor.items(0, 4))[0].text_edit.range.end.character == 3
        editor.client.protocol._send_data({"jsonrpc": "2.0", "id": 7, "method": "textDocument/completion", "params": 3})
        editor.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI)))
        assert await editor.items(0, 0) == ()


async def test_a_model_that_cannot_be_loaded_is_said(lstm):
    def load():
        return Engine.load("no-such-model")

    editor = Editor(lstm)
    editor.server._load = load
    async with editor:
        editor.open("你好")
        assert await editor.items(0, 2) in ((), [])
        assert "no-such-model" in editor.messages[0]


@pytest.mark.slow
async def test_a_document_of_a_million_characters(lstm):
    for text in ("我想去看电影\n" * 143_000, "我😀" * 500_000):
        async with Editor(lstm) as editor:
            editor.open(text)
            last = text.split("\n")[70_000] if "\n" in text else text
            line, end = (70_000 if "\n" in text else 0), UNITS["utf-16"].count(last)
            editor.edit((line, end), (line, end), "，我想chi")
            items = await editor.items(line, end + 6)
            assert items[0].text_edit.range.start.character == end + 3
            assert items[0].filter_text == "chi"


# --- documents


@pytest.mark.parametrize("name", list(UNITS))
def test_edits_do_what_they_do_to_a_text(name):
    drawn = random.Random(1)
    units = UNITS[name]
    pieces = ["a", "我", "😀", "\n", "é", "\u2028", "xy\nz", ""]
    text = ""
    document = Document("", units)
    for _ in range(400):
        start, end = sorted(drawn.randrange(len(text) + 1) for _ in range(2))
        piece = drawn.choice(pieces)
        places = []
        for offset in (start, end):
            line = text[:offset].count("\n")
            before = text[:offset].rpartition("\n")[2]
            place = document.place(line, units.count(before))
            assert (place, document.units_before(place)) == (Place(line, len(before)), units.count(before))
            places.append(place)
        document.replace(*places, piece)
        text = text[:start] + piece + text[end:]
        assert document.text == text


def test_a_text_is_read_from_the_same_place_while_it_grows():
    document = Document("一行字\n" * 5_000, UNITS["utf-16"])
    end = Place(4_000, 3)
    first = document.before(end)
    assert 300 < len(first) <= 600
    for number in range(100):
        document.replace(end, end, "字")
        end = Place(end.line, end.column + 1)
        assert document.before(end) == first + "字" * (number + 1)
    assert document.before(Place(3, 1)) == "一行字\n" * 3 + "一"
    around = document.elsewhere(Place(3, 1))
    assert set(around) == {"一行字"}
    assert len(around) < 1_100


def test_little_is_read_at_once_wherever_the_cursor_goes():
    document = Document("一行字\n" * 5_000, UNITS["utf-16"])
    assert document.before(Place(100, 2)) == "一行字\n" * 100 + "一行", "near the beginning, all is read"
    assert len(document.before(Place(1_500, 0))) <= 600
    for line in range(1_500, 2_000, 100):
        longest = document.before(Place(line, 0))
    assert len(longest) > 1_200, "what was read before is kept"
    document.replace(Place(1_600, 0), Place(1_600, 1), "二")
    assert len(document.before(Place(1_600, 2))) > 400, "read until there"
    assert len(document.before(Place(1_999, 0))) <= 600, "what follows the change would be read again"


# --- the command, and an editor


def test_the_command_needs_a_model_that_is_there():
    done = seqchat("lsp", "-m", "no-such-model")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no-such-model" in done.stderr


def _message(content):
    body = content if isinstance(content, str) else json.dumps({"jsonrpc": "2.0", **content})
    return f"Content-Length: {len(body)}\r\n\r\n{body}"


_WRONG = (
    "{no JSON}",
    "[1, 2]",
    "[" * 100_000,
    {"method": "textDocument/didOpen", "params": {"textDocument": 7}},
    {"method": "textDocument/didChange", "params": {"textDocument": {"uri": "file:///x", "version": -1}}},
    {"id": 2, "method": "textDocument/completion", "params": {"position": {"line": -1, "character": -1}}},
)


def test_what_is_no_message_is_one_line_of_the_log(models):
    begins = {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}}
    ends = {"id": 3, "method": "shutdown"}, {"method": "exit"}
    stdin = "".join(map(_message, (begins, {"method": "initialized", "params": {}}, *_WRONG, *ends)))
    command = [sys.executable, "-m", "seqchat", "lsp", "-m", str(models["lstm"])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0
    assert '"id": 3' in done.stdout
    lines = done.stderr.splitlines()
    assert len(lines) >= len(_WRONG)
    assert all(line.startswith("seqchat: ") for line in lines)
    assert "Traceback" not in done.stderr


def test_an_editor_that_is_gone_is_no_mistake(models):
    command = [sys.executable, "-m", "seqchat", "lsp", "-m", str(models["lstm"])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as server:
        begins = {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}}
        server.stdin.write(_message(begins))
        server.stdin.flush()
        assert server.stdout.read(1)
        server.stdout.close()
        _, errors = server.communicate("".join(_message({"id": id, "method": "shutdown"}) for id in (2, 3)), 200)
    assert (server.returncode, errors) == (0, "")


_NEOVIM = """
local id = vim.lsp.start_client({ name = 'seqchat', cmd = vim.json.decode(vim.env.SEQCHAT_COMMAND) })
vim.lsp.buf_attach_client(0, id)
local client = vim.lsp.get_client_by_id(id)
vim.wait(60000, function() return client.initialized end)
local line = vim.api.nvim_buf_get_lines(0, 1, 2, false)[1]
local column = vim.lsp.util.character_offset(0, 1, #line, client.offset_encoding)
local where = { textDocument = { uri = vim.uri_from_bufnr(0) }, position = { line = 1, character = column } }
local answer = vim.lsp.buf_request_sync(0, 'textDocument/completion', where, 60000)
vim.lsp.util.apply_text_edits({ answer[id].result.items[1].textEdit }, 0, client.offset_encoding)
vim.cmd('write')
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason="there is no Neovim (the package neovim)")
def test_completion_in_neovim(models, tmp_path):
    (tmp_path / "text.md").write_text("😀\n😀我想chihuog\n", "utf-8")
    (tmp_path / "test.lua").write_text(_NEOVIM, "utf-8")
    command = [sys.executable, "-m", "seqchat", "lsp", "-m", str(models["lstm"])]
    done = subprocess.run(
        ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "text.md", "-c", "luafile test.lua", "-c", "qall!"],
        cwd=tmp_path,
        env={**os.environ, "SEQCHAT_COMMAND": json.dumps(command), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    expected = suggest(Engine.load(models["lstm"]), "😀\n😀我想chihuog", 1)[0]
    written = "😀我想chihuog"[: len("😀我想chihuog") - expected.replace] + expected.insert
    assert (tmp_path / "text.md").read_text("utf-8") == f"😀\n{written}\n", done.stderr
