import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.source_names import DEFAULT_DATASET
from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.sources import read_dialogs
from seqchat.errors import SeqchatError

RECORD = {
    "topic": "美食",
    "user1": "小林",
    "user2": "妈",
    "dialog": [
        "user1：几点：8:30？",
        "user2:好的",
        "小林：注意：带伞",
        "妈: 嗯",
        "北京：是首都",
        "https://a.b",
    ],
}
TURNS = ("几点：8:30？", "好的", "注意：带伞", "嗯", "北京：是首都", "https://a.b")


def read(*sources, **options) -> list[Dialog]:
    return list(read_dialogs([str(s) for s in sources], **options))


def json_lines(path, *records):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return path


def test_a_label_ends_at_the_first_colon_and_only_where_it_is_one(tmp_path):
    assert read(json_lines(tmp_path / "a.jsonl", RECORD)) == [Dialog(TURNS)]


def test_every_kind_of_file_gives_the_same_turns(tmp_path):
    texts = ["今天吃什么", "火锅吧：老地方"]
    json_lines(tmp_path / "a.jsonl", {"dialog": texts})
    (tmp_path / "b.json").write_text(json.dumps([{"dialog": texts}]), "utf-8")
    (tmp_path / "c.txt").write_text("今天吃什么\n火锅吧：老地方\n\n\n", "utf-8-sig")
    pd.DataFrame({"dialog": [texts]}).to_parquet(tmp_path / "d.parquet")
    for name in ("a.jsonl", "b.json", "c.txt", "d.parquet"):
        assert read(tmp_path / name) == [Dialog(tuple(texts))], name


def test_tables_hold_a_text_a_row(tmp_path):
    (tmp_path / "a.csv").write_text('id,text\n1,"你好，在吗"\n2,在\n', "utf-8")
    (tmp_path / "b.tsv").write_text("id\ttext\n1\t你好，在吗\n2\t在\n", "utf-8")
    assert read(tmp_path / "a.csv") == read(tmp_path / "b.tsv") == [Dialog(("你好，在吗",)), Dialog(("在",))]


def test_lists_of_turns_are_dialogs(tmp_path):
    path = json_lines(tmp_path / "a.jsonl", ["你好", "在吗"], ["早", "早啊", "吃了吗"])
    assert read(path) == [Dialog(("你好", "在吗")), Dialog(("早", "早啊", "吃了吗"))]


def test_records_by_name_are_dialogs(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"id1": {"messages": ["一"]}, "id2": {"messages": ["二"]}}), "utf-8")
    assert read(tmp_path / "a.json") == [Dialog(("一",)), Dialog(("二",))]
    pd.DataFrame({"text": ["一", "二"]}).to_json(tmp_path / "b.json", force_ascii=False)
    assert read(tmp_path / "b.json") == [Dialog(("一",)), Dialog(("二",))]


def test_a_lone_quote_in_a_tsv_is_text(tmp_path):
    (tmp_path / "a.tsv").write_text('id\ttext\n1\t"oops he said\n2\ttwo\n', "utf-8")
    assert read(tmp_path / "a.tsv") == [Dialog(('"oops he said',)), Dialog(("two",))]


def test_lists_of_messages_are_read(tmp_path):
    record = {"messages": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "在的"}]}
    assert read(json_lines(tmp_path / "a.jsonl", record)) == [Dialog(("你好", "在的"))]


def test_blank_lines_separate_dialogs(tmp_path):
    (tmp_path / "a.txt").write_text("一\n二\n\n三\n", "utf-8")
    assert read(tmp_path / "a.txt") == [Dialog(("一", "二")), Dialog(("三",))]


def test_folders_globs_and_several_sources(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.txt").write_text("一\n", "utf-8")
    (tmp_path / "deep" / "b.txt").write_text("二\n", "utf-8")
    (tmp_path / "ignored.doc").write_text("三\n", "utf-8")
    both = [Dialog(("一",)), Dialog(("二",))]
    assert read(tmp_path) == both
    assert read(tmp_path / "**" / "*.txt") == both
    assert read(tmp_path / "deep", tmp_path / "a.txt") == both[::-1]


def test_a_field_can_be_named(tmp_path):
    path = json_lines(tmp_path / "a.jsonl", {"body": "你好", "note": "x"})
    with pytest.raises(SeqchatError, match="--field"):
        read(path)
    assert read(path, field="body") == [Dialog(("你好",))]
    with pytest.raises(SeqchatError, match="no field 'nothing'"):
        read(path, field="nothing")


def test_malformed_lines_are_named_counted_and_skipped(tmp_path):
    path = tmp_path / "a.jsonl"
    good = json.dumps(RECORD, ensure_ascii=False).encode()
    path.write_bytes(
        b"\n".join([good, b'{"dialog": [', b"\xff\xfe", b'{"dialog": 7}', b"[1]", b'{"dialog": []}', good])
    )
    report = SourceReport()
    assert read(path, report=report) == [Dialog(TURNS)] * 2
    assert report.dialogs == 2
    assert [p.split(": ")[0] for p in report.problems] == [f"{path}:{n}" for n in (2, 3, 4, 5, 6)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "今天吃什么\n火锅吧\n"),
        ("a.jsonl", '{"dialog": ["今天吃什么", "火锅吧"]}\n'),
        ("a.json", '[{"dialog": ["今天吃什么", "火锅吧"]}]'),
        ("a.csv", "text\n今天吃什么\n火锅吧\n"),
        ("a.tsv", "text\n今天吃什么\n火锅吧\n"),
    ],
)
def test_text_of_another_encoding_is_read_and_the_guess_is_said(tmp_path, name, content):
    (tmp_path / name).write_text(content, "gb18030")
    report = SourceReport()
    turns = [turn for dialog in read(tmp_path / name, report=report) for turn in dialog.turns]
    assert turns == ["今天吃什么", "火锅吧"]
    assert "read as GB18030, a guess" in " ".join(report.sentences())


def test_only_the_lines_of_another_encoding_are_skipped(tmp_path):
    content = '{"dialog": ["好"]}\n'.encode() + '{"dialog": ["坏"]}\n'.encode("gb18030")
    for name in ("a.json", "a.jsonl"):
        (tmp_path / name).write_bytes(content)
        report = SourceReport()
        assert read(tmp_path / name, report=report) == [Dialog(("好",))]
        assert [problem.split(";")[0] for problem in report.problems] == [f"{tmp_path / name}:2: not in UTF-8"]


def test_only_the_rows_of_another_encoding_are_skipped(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text\n好\n".encode() + "坏\n".encode("gb18030") + "行�\n".encode())
    report = SourceReport()
    assert len(read(path, report=report)) == 2
    assert [problem.split(";")[0] for problem in report.problems] == [f"{path}:3: not in UTF-8"]


def test_line_numbers_count_empty_lines_too(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(f"\n\n{json.dumps(RECORD)}\n\n{{}}\n", "utf-8")
    report = SourceReport()
    read(path, report=report)
    assert report.problems == [f"{path}:5: no field with turns or text"]


def test_a_bad_row_of_a_table_is_skipped(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,好\n2,坏,多,余\n3,行\n", "utf-8")
    report = SourceReport()
    assert read(path, report=report) == [Dialog(("好",)), Dialog(("行",))]
    assert report.problems == [f"{path}:3: more fields than the header"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", b"", "no usable dialog"),
        ("a.jsonl", b"not json\n", "no usable dialog"),
        ("a.json", b"{", "is not JSON"),
        ("a.json", b"[" * 100_000, "is not JSON"),
        ("a.csv", b"", "no usable dialog"),
        ("a.parquet", b"PAR1 nonsense", "is not a parquet"),
        ("a.txt", b"\n \n", "no usable dialog"),
        ("a.txt", b"\xff\xfe\x00", "no usable dialog"),
        ("a.pdf", b"%PDF-1.7 x", "is a PDF document"),
        ("a.html", b"<!DOCTYPE html><p>x", "is a web page"),
        ("a.db", b"SQLite format 3\x00", "is a database"),
    ],
)
def test_a_file_with_nothing_usable_is_an_error(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SeqchatError, match=says):
        read(tmp_path / name)


@pytest.mark.parametrize("source", ["nowhere.jsonl", "no/such/folder/x", "*.nothing", "name"])
def test_a_source_that_is_not_there_is_an_error(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SeqchatError, match=r"no file|matches"):
        read(source)


def test_without_a_network_the_hub_names_the_ways_on():
    with pytest.raises(SeqchatError) as failure:
        read(DEFAULT_DATASET)
    message = str(failure.value)
    assert all(way in message for way in ("a file of your own", "'sample'", "go online"))
    assert "\n" not in message


def test_a_hub_data_set_is_read(monkeypatch):
    import datasets

    def load(name):
        assert name == DEFAULT_DATASET
        return datasets.DatasetDict({"train": datasets.Dataset.from_list([RECORD])})

    monkeypatch.setattr(datasets, "load_dataset", load)
    assert read(DEFAULT_DATASET) == [Dialog(TURNS)]


def test_the_sample_is_as_promised():
    dialogs = read("sample")
    assert len(dialogs) >= 300
    assert len(set(dialogs)) == len(dialogs)
    assert all(6 <= len(d.turns) <= 14 for d in dialogs)
    turns = [turn for d in dialogs for turn in d.turns if len(turn) >= 8]
    assert len(set(turns)) == len(turns)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    content=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats(allow_subnormal=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["dialog", "text", "user1"]), inner),
    ).map(lambda value: json.dumps(value).encode()),
    kind=st.sampled_from([".jsonl", ".json", ".csv", ".tsv", ".txt", ".parquet"]),
)
def test_hostile_files_never_raise_anything_else(tmp_path, content, kind):
    path = tmp_path / f"hostile{kind}"
    path.write_bytes(content)
    try:
        for dialog in read(path):
            assert all(isinstance(turn, str) and turn.strip() for turn in dialog.turns)
    except SeqchatError as error:
        assert str(path) in str(error)


@pytest.mark.real_data
def test_the_real_data_is_read_whole(real_data):
    report = SourceReport()
    counts = [len(read(real_data / f"{n}.jsonl", report=report)) for n in ("kdconv", "crosswoz", "sms")]
    assert counts == [750, 850, 444]
    assert report.problems == []
