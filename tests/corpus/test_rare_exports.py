"""Made-up exports in rarer forms: each a few lines, of which the same is said, by two people who take turns."""

import json

import pytest

from seqchat.corpus.sources import read_dialogs

TURNS = ["hello there", "hi: you", "bye"]

EXPORTS = {
    "whatsapp-captions.txt": """\
[29/03/2024, 13:23:05] Nora: hello there
\u200e[29/03/2024, 13:24:05] Theo: hi: you \u200e<attached: 00000002-PHOTO-2024-03-29-13-24-05.jpg>
\u200e[29/03/2024, 13:24:15] Theo: report.pdf • \u200e3 pages \u200edocument omitted
[29/03/2024, 13:24:25] Theo: \u200eNieznana wzmianka
[29/03/2024, 13:25:05] Nora: bye
""",
    "whatsapp-bn.txt": """\
২৯/৩/২৪, ১:২৩ PM - Nora: hello there
২৯/৩/২৪, ১:২৪ PM - Theo: এই মেসেজটি মুছে ফেলা হয়েছে
২৯/৩/২৪, ১:২৪ PM - Theo: hi: you
২৯/৩/২৪, ১:২৫ PM - Nora: bye
""",
    "telegram-copied.txt": """\
Nora, [29.03.2024 13:23]
hello there

Theo, [29.03.2024 13:24]
[In reply to Nora]
hi: you

Theo, [29.03.2024 13:24]
[ Photo ]

Nora, [29.03.2024 13:25]
bye
""",
    "line-computer.txt": """\
2024.03.29 金曜日
13:23 葵 hello there
13:24 蓮 スタンプ
13:24 蓮 hi: you
13:25 葵 bye
""",
    "qq-private.txt": """\
消息记录（此消息记录为文本格式，不支持重新导入）

消息对象:小鹿

2024-03-29 13:23:05 阿岩
hello there

2024-03-29 13:24:05 小鹿
hi: you[表情]

2024-03-29 13:25:05 阿岩
bye
""",
    "weflow.csv": """\
序号,时间,发送者身份,消息类型,内容
1,2024-03-29 13:23:05,小鹿,文本消息,hello there
2,2024-03-29 13:24:05,我,文本消息,hi: you
3,2024-03-29 13:24:15,我,图片消息,[图片]
4,2024-03-29 13:25:05,小鹿,引用消息,"bye
[引用]我: hi"
""",
    "weflow.txt": """\
2024-03-29 13:23:05 '小鹿'
hello there

2024-03-29 13:24:05 '我'
hi: you

2024-03-29 13:25:05 '小鹿'
bye
""",
    "chatlog.txt": """\
小鹿(wxid_a) 2024-03-29 13:23:05
hello there

我 2024-03-29 13:24:05
> 小鹿(wxid_a) 2024-03-29 13:23:05
> hello there
hi: you

小鹿(wxid_a) 2024-03-29 13:24:55
![图片](http://127.0.0.1:5030/image/abc)

小鹿(wxid_a) 2024-03-29 13:25:05
bye
""",
    "chat.md": """\
[2024-03-29 13:23] Me: hello there
[2024-03-29 13:24] Theo: ![photo](./media/x.jpg)  \n[2024-03-29 13:24] Theo:\x20
>
> hello there
>
hi: you  \n(- Me: 👍 -)
[2024-03-29 13:25] Me: bye
""",
    "imessage.txt": """\
Mar 29, 2024  1:23:05 PM
Me
hello there
    Mar 29, 2024  1:24:05 PM
    +1202
    hi: you

Mar 29, 2024  1:24:05 PM
+1202
hi: you
This message responded to an earlier message.

Mar 29, 2024  1:24:15 PM Me unsent a message.

Mar 29, 2024  1:25:05 PM
Me
bye
""",
    "element.txt": """\
Fri, Mar 29, 2024, 13:23:05 - Nora: hello there
Fri, Mar 29, 2024, 13:24:05 - Theo: hi: you
Fri, Mar 29, 2024, 13:25:05 - Nora: bye
""",
    "irc-without-times.log": "<nora> hello there\n<@theo> hi: you\n* theo waves\n<nora> bye\n",
    "viber.csv": """\
29/03/2024,13:23:05,Nora,+1202,hello there
29/03/2024,13:24:05,Theo,+1203,hi: you
29/03/2024,13:24:15,Theo,+1203,Photo message
29/03/2024,13:25:05,Nora,+1202,bye
""",
    "threema.csv": """\
identity,uid,isoutbox,posted_at,created_at,type,body,isstatusmessage,caption
ABCD1234,u1,1,1711718585000,1711718585000,TEXT,hello there,0,
ABCD1234,u2,0,1711718645000,1711718645000,TEXT,hi: you,0,
ABCD1234,u3,0,1711718655000,1711718655000,FILE,"[""x""]",0,
ABCD1234,u4,1,1711718705000,1711718705000,TEXT,bye,0,
""",
    "slack-copied.txt": "Nora Q\n  1:23 PM\nhello there\nTheo R\n  1:24 PM\nhi: you\nNora Q\n  1:25 PM\nbye\n",
    "teams-copied.txt": "[3/29 1:23 PM] Nora\nhello there\n[3/29 1:24 PM] Theo\nhi: you\n[3/29 1:25 PM] Nora\nbye\n",
    "names-above.txt": "小鹿:\nhello there\n\n我:\nhi: you\n\n小鹿:\nbye\n",
    "deutsch.csv": """\
Datum;Uhrzeit;Absender;Nachricht
29.03.2024;13:23;Nora;hello there
29.03.2024;13:24;Theo;hi: you
29.03.2024;13:25;Nora;bye
""",
    "newest-first.csv": """\
timestamp,user,message
1711718705,Nora,bye
1711718645,Theo,hi: you
1711718585,Nora,hello there
""",
    "turns.csv": """\
dialogue_id,speaker,utterance
7,USER,hello there
7,SYSTEM,hi: you
7,USER,bye
""",
    "one-a-line.jsonl": """\
{"role": "system", "content": "be kind"}
{"role": "user", "content": "hello there"}
{"role": "assistant", "content": "hi: you"}
{"role": "user", "content": "bye"}
""",
    "deepseek.json": json.dumps(
        [
            {
                "mapping": {
                    str(n): {
                        "parent": str(n - 1) if n else None,
                        "children": [str(n + 1)] if n < 2 else [],
                        "message": {"fragments": [{"type": "THINK", "content": "?"}, {"type": kind, "content": text}]},
                    }
                    for n, (kind, text) in enumerate(zip(["REQUEST", "RESPONSE", "REQUEST"], TURNS, strict=True))
                }
            }
        ]
    ),
    "mms.xml": """\
<smses>
<sms address="+12" date="1711718585000" type="1" body="hello there" contact_name="Theo" />
<mms address="+12" date="1711718645000" msg_box="2"><parts><part ct="text/plain" text="hi: you" /></parts></mms>
<sms address="+12" date="1711718705000" type="1" body="bye" contact_name="Theo" />
</smses>
""",
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_read_exactly(name, tmp_path):
    (tmp_path / name).write_text(EXPORTS[name], "utf-8")
    [dialog] = read_dialogs([str(tmp_path / name)])
    assert list(dialog.turns) == TURNS
    first, second, third = dialog.speakers
    assert first == third != second


def test_a_few_long_messages_are_a_chat(tmp_path):
    path = tmp_path / "a.txt"
    long = "\n".join(f"line {n} of it" for n in range(40))
    path.write_text(f"29/03/2024, 13:23 - A: {long}\n29/03/2024, 13:24 - B: hi\n29/03/2024, 13:25 - A: bye\n", "utf-8")
    assert [dialog.turns for dialog in read_dialogs([str(path)])] == [(long, "hi", "bye")]


@pytest.mark.parametrize(
    "text",
    [
        "Ode: to the pond\nits water: dark\nand still\nAnother: verse\n",
        "Chapter 1: The pond\nIt was cold.\nChapter 2: The tree\nNobody came.\n",
    ],
)
def test_words_before_colons_that_never_recur_are_no_names(text, tmp_path):
    (tmp_path / "a.txt").write_text(text, "utf-8")
    assert [dialog.turns for dialog in read_dialogs([str(tmp_path / "a.txt")])] == [tuple(text.splitlines())]


def test_lines_without_a_name_between_lines_with_names_are_kept(tmp_path):
    (tmp_path / "a.txt").write_text("A: hello\nB: hi\n\nthe end of it\n\nA: bye\nB: bye\n", "utf-8")
    turns = [dialog.turns for dialog in read_dialogs([str(tmp_path / "a.txt")])]
    assert turns == [("hello", "hi"), ("the end of it",), ("bye", "bye")]


def test_a_month_in_words_has_days(tmp_path):
    days = ["29. März 2024 um 13:23:05 UTC", "29. März 2024 um 13:24:05 UTC", "30. März 2024 um 10:23:05 UTC"]
    said = [
        {"creator": {"name": n}, "created_date": f"Freitag, {day}", "text": n}
        for n, day in zip("ABA", days, strict=True)
    ]
    (tmp_path / "a.json").write_text(json.dumps({"messages": said}), "utf-8")
    assert [dialog.turns for dialog in read_dialogs([str(tmp_path / "a.json")])] == [("A", "B"), ("A",)]


def test_turns_that_end_with_a_mark_are_dialogs(tmp_path):
    (tmp_path / "a.txt").write_text("hello __eou__ hi __eou__\nmorning __eou__ hey __eou__\n", "utf-8")
    assert [dialog.turns for dialog in read_dialogs([str(tmp_path / "a.txt")])] == [("hello", "hi"), ("morning", "hey")]


def test_what_lies_beside_the_messages_of_a_package_is_not_learned(tmp_path):
    channel = tmp_path / "messages" / "c1"
    channel.mkdir(parents=True)
    (tmp_path / "README.txt").write_text("Welcome to your data", "utf-8")
    (tmp_path / "messages" / "index.json").write_text('{"1": "Direct Message with theo"}', "utf-8")
    (channel / "channel.json").write_text('{"id": "1", "type": 1}', "utf-8")
    said = [{"ID": 1, "Timestamp": "2024-03-29 13:23:05", "Contents": "hello there", "Attachments": ""}]
    (channel / "messages.json").write_text(json.dumps(said), "utf-8")
    assert [dialog.turns for dialog in read_dialogs([str(tmp_path)])] == [("hello there",)]
