"""Whose turns are learned: people are chosen by their names, or as the owner of an export, and others are context."""

import json
from dataclasses import replace

import numpy as np
import pytest

from seqchat.corpus.batches import NO_TARGET, Lanes
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import CONTEXT, KIND, UNKNOWN_START, IdStream, Recoding, encode_dialog, is_learned
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.segmentation import CorpusSpec, segment_corpus
from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.splitting import cut_in_two
from seqchat.corpus.vocabulary import TURN_ID, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError

CHAT = """\
29/03/2024, 13:23 - Ana: hello there
29/03/2024, 13:24 - Theo Braun: hi
29/03/2024, 13:25 - Ana: two
29/03/2024, 23:25 - Theo Braun: alone
"""


@pytest.fixture
def chat(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(CHAT, "utf-8")
    return str(path)


def read(path, *people):
    report = SourceReport()
    return list(read_dialogs([path], report=report, options=ReadingOptions(speakers=people))), report


def test_a_person_is_chosen_whatever_the_case_and_the_spaces(chat):
    (first, second), report = read(chat, " theo  BRAUN ")
    assert first.turns == ("hello there", "hi", "two")
    assert first.learned == (False, True, False)
    assert second.learned == (True,)
    assert report.speakers.sentence() == "Learned: 2 of 4 turns, by Theo Braun (2); the others are context"


def test_a_dialog_without_the_person_is_left_out(chat):
    dialogs, report = read(chat, "Ana")
    assert [dialog.learned for dialog in dialogs] == [(True, False, True)]
    assert (report.speakers.learned, report.speakers.turns) == (2, 4)


def test_several_people_may_be_chosen(chat):
    dialogs, _ = read(chat, "Ana", "Theo Braun")
    assert [dialog.learned for dialog in dialogs] == [(True, True, True), (True,)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Anna", "No turn is by Anna, but by Ana and Theo Braun; did you mean Ana?"),
        ("Wilhelmina", "No turn is by Wilhelmina, but by Ana and Theo Braun."),
        ("me", "The text does not say which of these people you are; name one: Ana or Theo Braun."),
    ],
)
def test_someone_who_is_not_there_is_one_sentence_with_those_who_are(chat, name, said):
    with pytest.raises(SeqchatError) as caught:
        read(chat, name)
    assert str(caught.value) == said


def test_a_text_that_names_nobody_has_nobody_to_choose(tmp_path):
    path = tmp_path / "plain.txt"
    path.write_text("one turn\nanother turn\n", "utf-8")
    with pytest.raises(SeqchatError, match="does not say who wrote what"):
        read(str(path), "Ana")


OWNED = {
    "signal desktop": [
        {"sent_at": 1, "body": "mine", "type": "outgoing", "conversationId": "c"},
        {"sent_at": 2, "body": "theirs", "type": "incoming", "conversationId": "c", "source": "+49"},
    ],
    "we chat with names": [
        {"createTime": 1, "senderUsername": "wxid_a", "senderDisplayName": "Ana", "content": "mine", "isSend": 1},
        {"createTime": 2, "senderUsername": "wxid_b", "senderDisplayName": "Bob", "content": "theirs", "isSend": 0},
    ],
    "skype": {
        "userId": "8:ana",
        "conversations": [
            {
                "MessageList": [
                    {
                        "originalarrivaltime": f"2024-01-01T00:00:0{n}Z",
                        "from": who,
                        "content": text,
                        "messagetype": "Text",
                    }
                    for n, (who, text) in enumerate([("8:ana", "mine"), ("8:bob", "theirs")])
                ]
            }
        ],
    },
    "telegram, a whole account": {
        "personal_information": {"user_id": 7, "first_name": "Ana"},
        "chats": {
            "list": [
                {
                    "messages": [
                        {"type": "message", "date": "2024-01-01T00:00:00", "from": n, "from_id": i, "text": text}
                        for n, i, text in [("Ana", "user7", "mine"), ("Bob", "user8", "theirs")]
                    ]
                }
            ]
        },
    },
}


@pytest.mark.parametrize("name", OWNED)
def test_me_is_the_owner_where_the_export_says_who_that_is(tmp_path, name):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(OWNED[name]), "utf-8")
    (dialog,), report = read(str(path), "me")
    assert dialog.turns == ("mine", "theirs")
    assert dialog.learned == (True, False)
    assert (report.speakers.own, report.speakers.learned) == (1, 1)


def test_the_cache_keeps_who_wrote_how_much(chat, tmp_path):
    spec = CorpusSpec([chat], "unicode", ReadingOptions(speakers=("Ana",)))
    first, again = (segment_corpus(spec, tmp_path / name).report for name in ("a", "b"))
    assert first.speakers == again.speakers
    assert again.speakers.names == {"Ana": 2, "Theo Braun": 2}
    everybody = segment_corpus(replace(spec, reading=ReadingOptions()), tmp_path / "c")
    assert everybody.stream.dialogs == 2


def test_patterns_that_are_dropped_leave_who_wrote_the_others(chat, tmp_path):
    spec = CorpusSpec([chat], "unicode", ReadingOptions(speakers=("Ana",)), drop=("hello there",))
    text = segment_corpus(spec, tmp_path / "text")
    ends = np.flatnonzero(text.stream.ids == TURN_ID)
    assert is_learned(text.stream.kinds[ends]).tolist() == [False, True]


def vocabulary(*words):
    return Vocabulary.build(dict.fromkeys(words, 5), segmenter("unicode"), min_count=1, max_words=100)


DIALOG = Dialog(("hello rare", "hi", "hello"), learned=(True, False, True))


def test_tokens_of_context_are_marked_whatever_they_are():
    known = vocabulary("hello", "hi", "r", "a", "e")
    ids, kinds = encode_dialog(DIALOG, known)
    turns = np.cumsum(np.array(ids) == TURN_ID)
    assert is_learned(np.array(kinds)[1:]).tolist() == [bool(n != 1) for n in turns[:-1]]
    everything = encode_dialog(replace(DIALOG, learned=()), known)
    assert everything == (ids, [kind & KIND for kind in kinds])


def test_marks_survive_another_vocabulary():
    wide, narrow = vocabulary("hello", "hi", "rare"), vocabulary("hello", "h", "i", "r", "a", "e")
    ids, kinds = (np.array(each) for each in encode_dialog(DIALOG, wide))
    recoded = Recoding(wide.words, narrow)(ids.astype(np.int32), kinds.astype(np.uint8))
    expected_ids, expected_kinds = encode_dialog(DIALOG, narrow)
    assert recoded[0].tolist() == expected_ids
    assert recoded[1].tolist() == expected_kinds
    assert UNKNOWN_START | CONTEXT in expected_kinds


def test_context_is_read_but_is_no_target_that_is_learned(tmp_path):
    known = vocabulary("hello", "hi", "rare")
    stream = IdStream.write(tmp_path, [DIALOG], known)
    (batch,) = Lanes(stream, 1, 20)
    assert (batch.targets[:, 0] != NO_TARGET).sum() == len(stream) - 1
    learned = [known.words[i] for i in batch.targets[batch.learned_mask]]
    assert learned == ["hello", "rare", "<turn>", "hello", "<turn>"]
    assert stream.words == 3
    assert stream.counts(len(known))[known.encode_word("hi")[0]] == 0


def test_a_single_dialog_is_cut_between_turns_of_the_person(tmp_path):
    known = vocabulary("a", "b")
    dialog = Dialog(("a", "b", "b", "b", "a", "b"), learned=(True, False, False, False, True, False))
    halves = cut_in_two(IdStream.write(tmp_path / "one", [dialog], known), 0.05, tmp_path / "two")
    parts = [halves.kinds[first:end] for first, end in zip(halves.starts, halves.starts[1:], strict=False)]
    assert [int((part == 1).sum()) for part in parts] == [1, 1]
    alone = Dialog(("a", "b", "b"), learned=(True, False, False))
    with pytest.raises(SeqchatError, match="single turn"):
        cut_in_two(IdStream.write(tmp_path / "three", [alone], known), 0.05, tmp_path / "four")
