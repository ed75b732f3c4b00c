import pytest

from seqchat.errors import SeqchatError
from seqchat.insight.neurons.properties import PROPERTIES, find_properties


def values(name, *turns):
    return PROPERTIES[name].values([turn.split() for turn in turns])


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ("去 （ 新开 的 ） 那家", [0, 0, 1, 1, 1, 0, 0]),
        ("see ( the note ) there", [0, 0, 1, 1, 1, 0, 0]),
        ("a ( b [ c ] d ) e", [0, 0, 1, 1, 1, 1, 1, 1, 0, 0]),  # nested
        ("电话 ( 010 ） 吗", [0, 0, 1, 1, 0, 0]),  # of different widths
        ("【 短信 】 好", [0, 1, 1, 0, 0]),
        ("好 ) 的", [0, 0, 0, 0]),  # nothing opened it
        ("a ( b [ c ) d", [0, 0, 1, 1, 1, 1, 0, 0]),  # the outer mark closes what is left open inside it
        ("(a b) c", [0, 1, 0, 0]),  # marks that are no words of their own
        ("ok (a) b", [0, 0, 0, 0]),
        ("", [0]),
    ],
)
def test_brackets(turn, expected):
    assert values("brackets", turn) == [expected]


def test_what_is_never_closed_ends_with_its_turn():
    assert values("brackets", "去 （ 那家", "好 的 ）") == [[0, 0, 1, 1], [0, 0, 0, 0]]
    assert values("quotation", "他 说 “ 好", "行 ” 吧") == [[0, 0, 0, 1, 1], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ("他 说 “ 好 的 ” 吧", [0, 0, 0, 1, 1, 1, 0, 0]),
        ('he said " yes no " then " ok', [0, 0, 0, 1, 1, 1, 0, 0, 1, 1]),  # straight quotes open and close in turn
        ("“ 他 说 ‘ 好 ’ 了 ” 吧", [0, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
        ("‘ don’t go ’ he", [0, 1, 1, 1, 0, 0]),  # an apostrophe closes nothing
        ("it ' s ' so", [0, 0, 0, 0, 0, 0]),
        ("「 雪 」 和 『 花 』", [0, 1, 1, 0, 0, 1, 1, 0]),
    ],
)
def test_quotations(turn, expected):
    assert values("quotation", turn) == [expected]


def test_a_title_is_no_bracket_and_no_quotation():
    turn = "看 《 恋恋 笔记本 》 吗"
    assert values("title", turn) == [[0, 0, 1, 1, 1, 0, 0]]
    assert values("brackets", turn) == values("quotation", turn) == [[0] * 7]


def test_places_in_the_turn_and_the_dialog():
    turns = ("今天 吃 啥", "面")
    assert values("position", *turns) == [[0, 1, 2, 3], [0, 1]]
    assert values("remaining", *turns) == [[3, 2, 1, 0], [1, 0]]
    assert values("elapsed", *turns) == [[0, 1, 2, 3], [4, 5]]
    # A rule starts anew with each dialog.
    assert values("elapsed", *turns) == [[0, 1, 2, 3], [4, 5]]


@pytest.mark.parametrize("question", ["去 吗 ？", "go ?", "去 吗 ？ 😊", "“ 去 吗 ？ ”", "什么 ？ ！", "啊 ? ?"])
def test_an_answer_follows_a_question(question):
    assert values("answer", question, "好 的") == [[0] * (len(question.split()) + 1), [1, 1, 1]]


@pytest.mark.parametrize("statement", ["去 吧", "吗 ？ 去 吧", "？ ok"])
def test_no_answer_follows_anything_else(statement):
    assert values("answer", statement, "好 的")[1] == [0, 0, 0]


def test_a_question_concerns_the_next_turn_only():
    assert [turn[0] for turn in values("answer", "吗 ？", "好", "去 ？", "去 ？", "好")] == [0, 1, 0, 1, 1]


def test_speakers_take_turns():
    assert values("speaker", "a b", "c", "d") == [[0, 0, 0], [1, 1], [0, 0]]


def test_kinds_of_words():
    assert values("latin", "我 用 Python 3 写 été α 。") == [[0, 0, 0, 1, 0, 0, 1, 0, 0]]
    assert values("number", "我 2004 年 3.14 8:30 三 mp3 。") == [[0, 0, 1, 0, 1, 1, 0, 0, 0]]


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_rule_gives_a_value_for_each_beginning_and_each_word(name):
    turns = [[], ["（"], ["a", "？", "“"], [], ["好"]]
    assert [len(turn) for turn in PROPERTIES[name].values(turns)] == [1, 2, 4, 1, 2]
    assert PROPERTIES[name].values([]) == []


def test_properties_are_found_by_name():
    assert [p.name for p in find_properties([])] == list(PROPERTIES)
    assert [p.name for p in find_properties(["title", "answer", "title"])] == ["title", "answer"]
    with pytest.raises(SeqchatError, match=r"There is no property 'bracket'; there are brackets, title, .*number\."):
        find_properties(["title", "bracket"])
