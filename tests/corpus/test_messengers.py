"""Small made-up exports in the formats of messengers and of the tools that export them."""

import csv
import json

import pytest

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.formats.texts import text_format
from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.sources import read_dialogs

NARROW, MARK = "\u202f", "\u200e"
CHINESE = [("晚上吃什么", "火锅吧", "几点？", "七点半"), ("到了吗",)]
ENGLISH = [("what's for dinner", "hotpot: the usual", "at 7:30?"), ("there yet?",)]
OVER_LINES = [("what's for dinner", "hotpot: the usual\nat 7:30?"), ("there yet?",)]

TEXTS = {
    "WhatsApp on Android, English": (
        f"""\
12/24/23, 9:41{NARROW}PM - Messages and calls are end-to-end encrypted. Tap to learn more.
12/24/23, 9:41{NARROW}PM - Alice: what's for dinner
12/24/23, 9:42{NARROW}PM - Bob B.: hotpot: the usual
at 7:30?
12/24/23, 9:42{NARROW}PM - Alice added Carol
12/25/23, 8:02{NARROW}AM - Alice: there yet?
12/25/23, 8:02{NARROW}AM - Alice: {MARK}IMG-20231225-WA0001.jpg (file attached)
""",
        OVER_LINES,
    ),
    "WhatsApp on Android, 24 hours": (
        """\
24.12.23, 21:41 - Alice: what's for dinner
24.12.23, 21:42 - Bob: hotpot: the usual
24.12.23, 21:42 - Bob: at 7:30?
25.12.23, 08:02 - Alice: there yet?
""",
        ENGLISH,
    ),
    "WhatsApp on Android, Chinese": (
        """\
2023/12/24 下午9:41 - 消息和通话已进行端到端加密。
2023/12/24 下午9:41 - 小林: 晚上吃什么
2023/12/24 下午9:42 - 妈: 火锅吧
2023/12/24 下午9:42 - 小林: 几点？
2023/12/24 下午9:43 - 妈: 七点半
2023/12/25 上午8:02 - 小林: 到了吗
""",
        CHINESE,
    ),
    "WhatsApp on an iPhone, English": (
        f"""\
[24/12/2023, 21:41:05] Family: {MARK}Messages and calls are end-to-end encrypted.
[24/12/2023, 21:41:05] Alice: what's for dinner
{MARK}[24/12/2023, 21:41:30] Bob: {MARK}image omitted
[24/12/2023, 21:42:00] Bob: hotpot: the usual {MARK}<This message was edited>
at 7:30?
[25/12/2023, 08:02:11] Alice: there yet?
""",
        OVER_LINES,
    ),
    "WhatsApp on an iPhone, Chinese": (
        f"""\
[2023/12/24 下午9:41:05] 小林: 晚上吃什么
[2023/12/24 下午9:41:30] 妈: 火锅吧
{MARK}[2023/12/24 下午9:41:31] 妈: {MARK}图像已忽略
[2023/12/24 下午9:42:00] 小林: 几点？
[2023/12/24 下午9:42:05] 妈: 七点半
[2023/12/25 上午8:02:11] 小林: 到了吗
""",
        CHINESE,
    ),
    "QQ": (
        """\
消息记录（此消息记录为文本格式，不支持重新导入）

================================================================
消息分组:我的好友
================================================================
消息对象:妈
================================================================

2023-12-24 21:41:05 小林(10001)
晚上吃什么

2023-12-24 21:41:30 妈<ma@example.com>
火锅吧

2023-12-24 21:42:00 小林(10001)
几点？

2023-12-24 21:42:05 妈<ma@example.com>
七点半

================================================================
消息分组:我的好友
================================================================
消息对象:小美
================================================================

2023-12-24 8:02:11 小林(10001)
到了吗

""",
        CHINESE,
    ),
    "WeChatMsg": (
        """\
2023-12-24 21:41:05 小林
晚上吃什么

2023-12-24 21:41:30 妈
火锅吧

2023-12-24 21:41:40 "妈" 撤回了一条消息

2023-12-24 21:42:00 小林
几点？

2023-12-24 21:42:05 妈
七点半

2023-12-25 08:02:11 小林
到了吗

""",
        CHINESE,
    ),
    "WechatExporter": (
        """\
小林 (2023-12-24 21:41:05):晚上吃什么
妈 (2023-12-24 21:41:30):火锅吧
小林 (2023-12-24 21:42:00):几点？
妈 (2023-12-24 21:42:05):七点半
小林 (2023-12-25 08:02:11):到了吗
""",
        CHINESE,
    ),
    "copied from Telegram Desktop": (
        """\
Alice, [24.12.2023 21:41]
what's for dinner

Bob, [24.12.2023 21:42]
hotpot: the usual
at 7:30?

Alice, [25.12.2023 08:02]
there yet?
""",
        OVER_LINES,
    ),
    "copied from WeChat": (
        """\
小林 2023/12/24 21:41
晚上吃什么

妈 2023/12/24 21:41
火锅吧

小林 2023/12/24 21:42
几点？
七点半

小林 2023/12/25 8:02
到了吗
""",
        [("晚上吃什么", "火锅吧", "几点？\n七点半"), ("到了吗",)],
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_messengers_are_dialogs_without_times_and_names(name, tmp_path):
    text, dialogs = TEXTS[name]
    path = tmp_path / "a.txt"
    for encoding, ends in (("utf-8", "\n"), ("utf-8-sig", "\r\n")):
        path.write_text(text.replace("\n", ends), encoding, newline="")
        report = SourceReport()
        assert read(path, report=report) == [Dialog(turns) for turns in dialogs]
        assert report.skipped == 0


def telegram(*messages):
    return [
        {"id": number, "type": "message", "date": f"2023-12-{day}T21:41:05", "from": "Alice", "text": text}
        for number, (day, text) in enumerate(messages)
    ]


CHAT = {
    "name": "Bob",
    "type": "personal_chat",
    "id": 7,
    "messages": [
        {"id": 1, "type": "service", "date": "2023-12-24T21:40:00", "actor": "Bob", "action": "phone_call", "text": ""},
        *telegram((24, "what's for dinner"), (24, ["hotpot", {"type": "bold", "text": ": the usual"}]), (24, "")),
        *telegram((24, "at 7:30?"), (25, [{"type": "italic", "text": "there"}, " yet?"])),
    ],
}


def test_a_chat_of_telegram(tmp_path):
    (tmp_path / "result.json").write_text(json.dumps(CHAT), "utf-8")
    assert read(tmp_path / "result.json") == [Dialog(turns) for turns in ENGLISH]


def test_a_whole_account_of_telegram(tmp_path):
    other = {"name": "妈", "messages": telegram((25, "你好"), (25, "吃了吗\n在忙？"))}
    account = {"about": "Your data", "personal_information": {"user_id": 1}, "contacts": {"list": [{"date": ""}]}}
    account |= {"chats": {"about": "", "list": [CHAT, other]}, "left_chats": {"list": [other]}}
    (tmp_path / "result.json").write_text(json.dumps(account), "utf-8")
    mother = Dialog(("你好", "吃了吗\n在忙？"))
    assert read(tmp_path / "result.json") == [*(Dialog(turns) for turns in ENGLISH), mother, mother]


def test_a_channel_of_discord(tmp_path):
    messages = [
        {"type": kind, "timestamp": f"2023-12-{day}T21:41:05.123+00:00", "author": {"name": "a"}, "content": text}
        for kind, day, text in (
            ("Default", 24, "what's for dinner"),
            ("Reply", 24, "hotpot: the usual"),
            ("Call", 24, "Started a call that lasted 5 minutes."),
            ("Default", 24, "at 7:30?"),
            ("Default", 25, "there yet?"),
        )
    ]
    document = {"guild": {"id": "0"}, "channel": {"type": "DirectTextChat"}, "messages": messages, "messageCount": 5}
    (tmp_path / "a.json").write_text(json.dumps(document), "utf-8")
    assert read(tmp_path / "a.json") == [Dialog(turns) for turns in ENGLISH]


def test_the_json_lines_of_signal_export_that_are_named_json(tmp_path):
    lines = [
        {"date": f"2023-12-{day}T21:41:05", "sender": "Me", "body": body, "quote": "", "reactions": []}
        for day, body in ((24, "what's for dinner"), (24, "hotpot: the usual\nat 7:30?"), (25, ""), (25, "there yet?"))
    ]
    (tmp_path / "data.json").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert read(tmp_path / "data.json") == [Dialog(turns) for turns in OVER_LINES]


TABLES = {
    "DiscordChatExporter": (
        ("AuthorID", "Author", "Date", "Content", "Attachments", "Reactions"),
        [
            ("1", "alice", "2023-12-24T21:41:05.0000000+01:00", "what's for dinner", "", ""),
            ("2", "bob", "2023-12-24T21:41:30.0000000+01:00", "hotpot: the usual\nat 7:30?", "", ""),
            ("1", "alice", "2023-12-25T08:02:00.0000000+01:00", "there yet?", "https://a.b/c.png", ""),
        ],
        OVER_LINES,
    ),
    "iMazing": (
        ("Chat Session", "Message Date", "Service", "Type", "Sender ID", "Sender Name", "Text", "Attachment"),
        [
            ("Bob", "2023-12-24 21:41:05", "iMessage", "Outgoing", "", "", "what's for dinner", ""),
            ("Bob", "2023-12-24 21:41:30", "iMessage", "Incoming", "+1", "Bob", "hotpot: the usual", ""),
            ("Bob", "2023-12-24 21:41:40", "iMessage", "Notification", "", "", "Bob named the conversation", ""),
            ("Bob", "2023-12-24 21:42:00", "iMessage", "Outgoing", "", "", "at 7:30?", ""),
            ("Carol", "2023-12-24 08:02:11", "SMS", "Incoming", "+2", "Carol", "there yet?", ""),
        ],
        ENGLISH,
    ),
    "WeChatMsg, all chats": (
        ("localId", "TalkerId", "Type", "SubType", "IsSender", "CreateTime", "Status", "StrContent", "StrTime"),
        [
            ("1", "3", "1", "0", "1", "1703425265", "", "晚上吃什么", "2023-12-24 21:41:05"),
            ("2", "3", "1", "0", "0", "1703425290", "", "火锅吧", "2023-12-24 21:41:30"),
            ("3", "3", "3", "0", "0", "1703425290", "", '<?xml version="1.0"?><msg/>', "2023-12-24 21:41:30"),
            ("4", "3", "1", "0", "1", "1703425320", "", "几点？", "2023-12-24 21:42:00"),
            ("5", "3", "1", "0", "0", "1703425325", "", "七点半", "2023-12-24 21:42:05"),
            ("6", "4", "1", "0", "1", "1703425330", "", "到了吗", "2023-12-24 21:42:10"),
        ],
        CHINESE,
    ),
    "WeChatMsg, a chat": (
        ("消息ID", "类型", "发送人", "时间", "内容", "备注", "昵称", "更多信息"),
        [
            ("1", "文本", "小林", "2023-12-24 21:41:05", "晚上吃什么", "", "", ""),
            ("2", "文本", "妈", "2023-12-24 21:41:30", "火锅吧\n几点？", "", "", ""),
            ("3", "图片", "妈", "2023-12-24 21:41:31", "<img>", "", "", ""),
            ("4", "文本", "小林", "2023-12-24 21:42:00", "七点半", "", "", ""),
            ("5", "文本", "小林", "2023-12-25 08:02:11", "到了吗", "", "", ""),
        ],
        [("晚上吃什么", "火锅吧\n几点？", "七点半"), ("到了吗",)],
    ),
    "made by oneself": (
        ("time", "sender", "text"),
        [
            ("1703425265", "Alice", "what's for dinner"),
            ("1703425290000", "Bob", "hotpot: the usual"),
            ("1703425265", "Alice", "at 7:30?"),
            ("1703491325", "Alice", "there yet?"),
        ],
        ENGLISH,
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_messengers(name, tmp_path):
    header, rows, dialogs = TABLES[name]
    with (tmp_path / "a.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    assert read(tmp_path / "a.csv") == [Dialog(turns) for turns in dialogs]


def test_a_field_that_is_named_is_the_text(tmp_path):
    (tmp_path / "a.csv").write_text("time,sender,text,translated\n2023-12-24 9:00,A,一,one\n2023-12-24 9:01,B,二,two\n")
    assert read(tmp_path / "a.csv", field="translated") == [Dialog(("one", "two"))]


def test_messages_without_a_time_belong_together(tmp_path):
    (tmp_path / "a.csv").write_text("time,sender,text\n,A,一\nyesterday,B,二\n", "utf-8")
    assert read(tmp_path / "a.csv") == [Dialog(("一", "二"))]


def test_rows_that_are_malformed_are_named_and_do_not_end_a_conversation(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,sender,text\n2023-12-24 9:00,A,一\n2023-12-24 9:01,A,二,多\n2023-12-24 9:02,A,三\n", "utf-8")
    report = SourceReport()
    assert read(path, report=report) == [Dialog(("一", "三"))]
    assert report.problems == [f"{path}:3: more fields than the header"]


def test_a_line_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"2023-12-24 21:41:05 A\nhello\n\xff\xfe\n2023-12-24 21:41:30 B\nthere\n")
    report = SourceReport()
    assert read(path, report=report) == [Dialog(("hello", "there"))]
    assert [problem.split(": ")[0] for problem in report.problems] == [f"{path}:3"]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_text_whose_key_comes_again_is_counted(name, tmp_path):
    said = [
        '{"from": "A", "text": "one"}',
        '{"from": "B", "text": "lost", "text": "two"}',
        '{"from": "A", "text": "3"}',
    ]
    text = "\n".join(said) if name == "a.jsonl" else f"[{', '.join(said)}]"
    (tmp_path / name).write_text(text, "utf-8")
    report = SourceReport()
    assert [turn for dialog in read(tmp_path / name, report=report) for turn in dialog.turns] == ["one", "two", "3"]
    assert [problem.partition(": ")[2] for problem in report.problems] == [
        "a value whose key comes again in its object"
    ]


def test_what_went_wrong_is_said_of_the_message(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(f"[2023-12-24, 21:41] A: {'x' * 100_001}\n[2023-12-25, 21:41] A: hello\n", "utf-8")
    report = SourceReport()
    assert read(path, report=report) == [Dialog(("hello",))]
    assert report.problems == [f"{path}:1: a turn of 100,001 characters, more than 100,000; break it up"]


def test_long_messages_and_long_days_are_read_in_parts(tmp_path):
    lines = [f"line {number}" for number in range(25_000)]
    short = "2023-12-24 21:41:05 A\nB\n" * 11_000
    (tmp_path / "a.txt").write_text(f"{short}2023-12-24 21:41:06 A\n" + "\n".join(lines), "utf-8")
    dialogs = read(tmp_path / "a.txt")
    assert [line for dialog in dialogs for turn in dialog.turns for line in turn.split("\n")] == ["B"] * 11_000 + lines
    assert max(len(turn.split("\n")) for dialog in dialogs for turn in dialog.turns) <= 1_000
    assert max(len(dialog.turns) for dialog in dialogs) <= 11_000


@pytest.mark.parametrize(
    "lines",
    [
        ["几点：8:30？", "2023-12-24 21:41 见", "好的"],
        ["user1：你好", "user2：在吗"],
        ["2023-12-24 was a Sunday", "2023-12-25 too?", "[1] a: b"],
        ["12:30 - lunch: noodles", "13:30 - work"],
        ["2023-12-24 21:41:05 I fell asleep", "and then"],
    ],
)
def test_other_texts_are_a_turn_a_line(lines, tmp_path):
    assert text_format(lines) is None or "names" in text_format(lines).name
    (tmp_path / "a.txt").write_text("\n".join(lines), "utf-8")
    assert len(read(tmp_path / "a.txt")[0].turns) == len(lines)


def read(path, **options) -> list[Dialog]:
    return list(read_dialogs([str(path)], **options))


def message(number, text):
    return {"id": number, "type": "message", "date": f"2023-12-24T21:4{number}:00", "from": "A", "text": text}


def test_all_chats_of_a_damaged_account_are_read_around_the_damage(tmp_path):
    chats = [{"name": f"chat {n}", "messages": [message(i, f"{n} {i}") for i in range(4)]} for n in range(3)]
    text = json.dumps({"chats": {"list": chats}}).replace('"1 2"', '"1 2', 1)
    path = tmp_path / "result.json"
    path.write_text(text, "utf-8")
    report = SourceReport()
    turns = [turn for dialog in read_dialogs([str(path)], report=report) for turn in dialog.turns]
    assert {"0 0", "0 3", "1 0", "1 1", "2 0", "2 3"} <= set(turns)
    assert report.skipped >= 1


def test_a_room_whose_messages_cannot_be_read_is_not_learned_by_its_name(tmp_path):
    path = tmp_path / "room.jsonl"
    path.write_text('{"name": "Family", "messages": [1, 2]}\n{"dialog": ["hello", "hi"]}\n', "utf-8")
    assert [dialog.turns for dialog in read(path)] == [("hello", "hi")]


def test_a_stray_zero_does_not_make_a_text_utf_16(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_bytes(b"hello there\n\x00\nhow are you\n")
    assert [dialog.turns for dialog in read(path)] == [("hello there", "how are you")]


def test_commas_that_are_not_quoted_leave_out_no_words_unseen(tmp_path):
    path = tmp_path / "chat.csv"
    path.write_text("sender,time,text\nA,2024-01-01,hello\nA,2024-01-01,a,b\nA,2024-01-01,a,b,c\n", "utf-8")
    report = SourceReport()
    dialogs = list(read_dialogs([str(path)], report=report))
    assert [dialog.turns for dialog in dialogs] == [("hello",)]
    assert report.skipped == 2
