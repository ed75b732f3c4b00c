import sys
from pathlib import Path

import pytest

from seqchat.cli.out import check_out
from seqchat.errors import SeqchatError


@pytest.mark.parametrize(
    ("name", "kinds", "said"),
    [
        ("a.gif", (".png", ".svg"), r"its name must end in \.png or \.svg\."),
        ("a.gif", (".json",), r"its name must end in \.json\."),
        ("nowhere/a.png", (".png",), "there is no folder"),
        ("folder.png", (".png",), "it is a folder"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, name, kinds, said):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(SeqchatError, match=said):
        check_out(tmp_path / name, kinds)


def test_only_what_is_drawn_needs_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SeqchatError, match="pip install"):
        check_out(tmp_path / "a.svg")
    check_out(tmp_path / "a.svg", drawn=())
    check_out(tmp_path / "a.json", (".json",))
    check_out(None)
    assert not list(Path(tmp_path).iterdir())
