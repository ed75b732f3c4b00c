"""No other user can read what was typed, whatever the umask; links of other users are never followed for writing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqchat import locations
from seqchat.completion import remembered
from seqchat.completion.habit_file import HabitFile
from seqchat.completion.habits import Habit
from seqchat.corpus.segmentation import CorpusSpec, segment_corpus
from seqchat.errors import SeqchatError
from seqchat.files import private_folder, write_file, write_private
from seqchat.tui import settings
from seqchat.tui.documents import Document
from seqchat.tui.session import Session, Sessions

_FOLDERS = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=lambda mask: f"{mask:03o}")
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """The permissions that a process removes from new files."""
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def new_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which there is no folder yet."""
    for name in _FOLDERS:
        monkeypatch.setenv(name, str(tmp_path / "home" / name.lower() / "deep"))
    return tmp_path / "home"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def assert_private(home: Path) -> None:
    """Check that nobody else can enter a folder or read a file in it."""
    found = [home, *home.rglob("*")]
    assert len(found) > 2
    assert [path for path in found if path.is_dir() and path.parent in (home.parent, home) and mode(path) & 0o077] == []
    texts = [path for path in found if path.is_file() and path.suffix != ".lock" and "cache" not in str(path)]
    assert [path for path in texts if mode(path) != 0o600] == []


def test_a_session_is_private(umask, new_user):
    session = Session(text="秘密", turns=[("you", "好")])
    mine = Sessions(locations.sessions())
    mine.save(session)
    assert_private(new_user)
    mine.close(session, crashed=True)
    ((path, _),) = Sessions(locations.sessions()).earlier()
    Sessions(locations.sessions()).mark_ended(path)
    assert_private(new_user)


def test_what_is_remembered_is_private(umask, new_user):
    remembered.add(["秘密"])
    assert_private(new_user)
    remembered.add(["还有"])
    assert_private(new_user)
    assert remembered.load() == ["秘密", "还有"]


def test_learned_words_are_private(umask, new_user):
    file = HabitFile()
    file.add([Habit("秘密", "mi mi", 1.0, 1.0)])
    assert_private(new_user)
    file.change(lambda habits: habits.take("还有", "hai you"))
    assert_private(new_user)
    assert [habit.word for habit in file.load().habits] == ["秘密", "还有"]


def test_settings_are_private(umask, new_user):
    settings.save(locations.settings(), "theme", "nord")
    assert_private(new_user)


def test_texts_that_were_cut_are_in_a_private_folder(umask, new_user, tmp_path):
    (tmp_path / "a.txt").write_text("秘密的聊天\n好的\n", "utf-8")
    segment_corpus(CorpusSpec([str(tmp_path / "a.txt")]), tmp_path / "work", processes=1)
    assert_private(new_user)
    assert mode(locations.cache()) == 0o700


def test_a_cache_that_others_may_enter_hides_its_texts(umask, new_user, tmp_path):
    locations.cache().chmod(0o755)
    (tmp_path / "a.txt").write_text("秘密的聊天\n好的\n", "utf-8")
    segment_corpus(CorpusSpec([str(tmp_path / "a.txt")]), tmp_path / "work", processes=1)
    assert mode(locations.cache() / "texts") == 0o700


def test_every_folder_that_is_made_is_private(umask, tmp_path):
    private_folder(tmp_path / "a" / "b" / "c")
    assert [mode(tmp_path / part) for part in ("a", "a/b", "a/b/c")] == [0o700] * 3


def test_a_private_file_is_never_open_while_it_is_written_again(tmp_path, monkeypatch):
    path = tmp_path / "diary.txt"
    path.write_text("secret")
    path.chmod(0o600)
    seen = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, target: (seen.append(mode(self)), replace(self, target))[1])
    Document.write(path, "more secrets")
    assert seen == [0o600]
    assert mode(path) == 0o600


@pytest.mark.parametrize("write", [write_file, write_private])
def test_a_link_that_another_user_left_is_not_written_through(tmp_path, write):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in (".a.partial", f".a.{os.getpid()}"):
        (tmp_path / name).symlink_to(victim)
    write(tmp_path / "a", "text")
    assert victim.read_text() == "mine"
    assert (tmp_path / "a").read_text() == "text"
    assert not (tmp_path / "a").is_symlink()


def test_a_config_file_that_is_a_link_stays_one(tmp_path):
    path, target = tmp_path / "config.toml", tmp_path / "mine.toml"
    target.write_text('theme = "nord"\n')
    path.symlink_to(target)
    settings.save(path, "pinyin", False)
    assert path.is_symlink()
    assert settings.load(target)[0].pinyin is False


@pytest.mark.parametrize("name", ["长" * 80, "x" * 250])
def test_a_long_name_can_be_written(tmp_path, name):
    assert Document.write(tmp_path / name, "text").text == "text"
    assert (tmp_path / name).read_text() == "text"


@pytest.mark.parametrize("name", ["长" * 90, "x" * 300, "a/b", "x" * 5_000])
def test_what_cannot_be_a_name_is_one_sentence(tmp_path, name):
    with pytest.raises(SeqchatError, match=r"cannot be written|no folder"):
        Document.write(tmp_path / name, "text")
    with pytest.raises(SeqchatError):
        Document.read(tmp_path / name)
    if "/" in name:
        with pytest.raises(SeqchatError, match="no folder"):
            Document.new(tmp_path / name)


def test_links_in_a_circle_are_one_sentence(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for use in (Document.read, lambda path: Document.write(path, "text")):
        with pytest.raises(SeqchatError):
            use(tmp_path / "a")
