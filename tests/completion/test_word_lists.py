"""Lists of words as input methods export them."""

from __future__ import annotations

import pytest

from seqchat.completion.word_lists import read_list
from seqchat.errors import SeqchatError

LISTS = {
    "own": ("你好\tni hao\t12\nhello\t\t3\n", {"你好": ("ni hao", 12), "hello": ("", 3)}),
    "rime export": (
        "# Rime user dictionary export\n# no comment\n银行\tyin hang\t5\n行\txing\t1\n",
        {"银行": ("yin hang", 5), "行": ("xing", 1)},
    ),
    "rime copy": (
        "# Rime user dictionary\n#@/db_name\tluna_pinyin\n#@/tick\t9\nni hao \t你好\tc=12 d=0.9 t=300\n"
        "ni \t拟\tc=-1 d=0 t=5\nwo men \t我们\tc=0 d=0.1 t=9\n",
        {"你好": ("ni hao", 12)},
    ),
    "rime dictionary": (
        "# my words\n---\nname: mine\nversion: '1'\nsort: by_weight\ncolumns:\n  - text\n  - code\n  - weight\n...\n\n"
        "王小帅\twang xiao shuai\t100000\n火锅\n长城\tchang cheng\t50%\n",
        {"王小帅": ("wang xiao shuai", 1000), "火锅": ("huo guo", 1), "长城": ("chang cheng", 1)},
    ),
    "wubi": ("你好\twqvb\t3\n", {"你好": ("ni hao", 3)}),
    "libime": ("你好 ni'hao 0.25\n绿色 lv'se -3.5\n", {"你好": ("ni hao", 1), "绿色": ("lv se", 1)}),
    "libime history": ("我们 去 吃 火锅\n我们 来\n", {"我们": ("wo men", 2), "火锅": ("huo guo", 1)}),
    "sogou": ("'ni'hao 你好\n", {"你好": ("ni hao", 1)}),
    "tones": ("你好\tnǐ hǎo\t2\n绿色\tlü4 se4\t2\n", {"你好": ("ni hao", 2), "绿色": ("lv se", 2)}),
    "google": ("你好\t12\tni hao\n", {"你好": ("ni hao", 12)}),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lists_are_read(tmp_path, name, encoding):
    text, expected = LISTS[name]
    path = tmp_path / "list.txt"
    path.write_text(text, encoding)
    found = {habit.word: (habit.pinyin, habit.count) for habit in read_list(path)[0]}
    assert expected.items() <= found.items()


def test_lines_without_words_are_counted_and_hostile_ones_are_cleaned(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("你好\tni hao\t1\n12\t13\n\t\t\n火锅\x1b[31m\thuo guo\t9\n" + "长" * 500 + "\n")
    habits, skipped = read_list(path)
    assert [(habit.word, habit.count) for habit in habits] == [("你好", 1), ("火锅", 9)]
    assert skipped == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\x01\x02\xff" * 100, "is no text; export it as one first, with libime_pinyindict -d"),
        (b"", "has no words"),
        (b"# only a comment\n", "has no words"),
        (None, "cannot be read"),
    ],
)
def test_what_has_no_words_is_one_sentence(tmp_path, content, said):
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SeqchatError, match=said):
        read_list(path)
