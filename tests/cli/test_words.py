"""``seqchat words``: what was learned, listed, exported, imported and forgotten."""

import json
import stat

import pytest

from seqchat import locations
from seqchat.completion.habit_file import HabitFile

from ..processes import seqchat


@pytest.mark.slow
def test_words_are_imported_listed_used_exported_and_forgotten(models, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "No words have been learned." in seqchat("words").stderr
    lists = [tmp_path / "mine.tsv", tmp_path / "luna_pinyin.userdb.txt"]
    lists[0].write_text("果安西\tguo an xi\t3\nseqchat\t\t1\nnonsense\n")
    lists[1].write_text("# Rime user dictionary\n#@/tick\t3\nhuo guo \t火鍋\tc=9 d=1 t=3\n")
    done = seqchat("words", "import", *lists)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [f"{lists[0]}: 2 words; 1 line without any", f"{lists[1]}: 1 word"],
    )
    assert stat.S_IMODE(locations.learned_words().stat().st_mode) == 0o600
    listed = json.loads(seqchat("words", "list", "--json").stdout)["words"]
    assert {word["word"]: (word["pinyin"], word["count"]) for word in listed} == {
        "果安西": ("guo an xi", 3),
        "seqchat": ("", 1),
        "火锅": ("huo guo", 9),
    }
    asked = ("complete", "guoanxi", "-m", models["lstm"], "--json")
    answers = [json.loads(seqchat(*asked, *more).stdout) for more in ([], ["--remember"])]
    suggested = [answer["suggestions"][0]["word"] for answer in answers]
    assert suggested[0] != suggested[1] == "果安西", "nothing is used unasked"
    seqchat("words", "export", tmp_path / "out.tsv")
    exported = (tmp_path / "out.tsv").read_text()
    assert exported == seqchat("words", "export").stdout
    assert "seqchat: learned" not in exported
    assert "果安西\tguo an xi\t3\n" in exported
    assert seqchat("words", "forget", "果安西").stdout == "Forgot 1 word.\n"
    assert "was not learned; nothing was forgotten" in seqchat("words", "forget", "果安西").stderr
    assert seqchat("forget").stdout == "Forgot 2 words.\n"
    assert HabitFile().load().habits == []
    seqchat("words", "import", tmp_path / "out.tsv")
    assert seqchat("words", "export").stdout == exported


def test_what_cannot_be_used_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "binary").write_bytes(b"\x00\x01\x02\xff" * 100)
    path = locations.learned_words()
    path.parent.mkdir(parents=True)
    path.write_text("mine\n")
    calls = (["import", tmp_path / "binary"], ["import", tmp_path / "missing"], ["list"], ["export", "no/where/x"])
    for call in calls:
        done = seqchat("words", *call)
        assert done.returncode == 1
        assert done.stderr.startswith("Error: ")
        assert len(done.stderr.splitlines()) == 1
    assert path.read_text() == "mine\n"
