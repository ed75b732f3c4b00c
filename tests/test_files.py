import pytest

from seqchat.files import new_folder, replace_folder, write_file


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(ValueError, match="no"), new_folder(tmp_path / "a") as folder:
        (folder / "x").write_text("1")
        assert not (tmp_path / "a").exists()
        raise ValueError("no")
    assert not list(tmp_path.iterdir())
    with new_folder(tmp_path / "a") as folder:
        (folder / "x").write_text("2")
    assert (tmp_path / "a" / "x").read_text() == "2"


def test_a_kill_between_the_renames_loses_nothing(tmp_path, monkeypatch):
    """The old folder was moved away, and the process died before the new one came."""
    (tmp_path / ".a.old").mkdir()
    (tmp_path / ".a.old" / "x").write_text("old")
    (tmp_path / "new").mkdir()

    def killed(self, target):
        if self.name == "new":
            raise KeyboardInterrupt
        return original(self, target)

    original = type(tmp_path).rename
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(type(tmp_path), "rename", killed)
        replace_folder(tmp_path / "new", tmp_path / "a")
    assert (tmp_path / ".a.old" / "x").read_text() == "old"
    replace_folder(tmp_path / "new", tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_is_replaced_whole(tmp_path):
    write_file(tmp_path / "a", "1")
    write_file(tmp_path / "a", b"2")
    assert (tmp_path / "a").read_bytes() == b"2"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
