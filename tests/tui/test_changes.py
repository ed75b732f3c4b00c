"""What is new: read from the changelog, listed by the palette, and said once after an update."""

import pytest

from seqchat import __version__, changes, locations
from seqchat.tui import commands
from seqchat.tui.screens.changes import WhatIsNew


@pytest.fixture
def own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def changelog(tmp_path, monkeypatch):
    path = tmp_path / "CHANGELOG.md"
    path.write_text(
        "# Changelog\n\nFormat.\n\n## 9.1.0 - 2030-01-01\n\nGood news.\n\n### Added\n\n- `a [b]` of **two**\n"
        "  lines, see\n  [docs](docs/x.md).\n- [red]not red[/]\n\n## 9.0.0\n\n- old\n",
        "utf-8",
    )
    monkeypatch.setattr(locations, "changelog", lambda: path)
    return path


def test_the_newest_section_is_read(changelog):
    title, paragraphs = changes.newest()
    assert title == "9.1.0 - 2030-01-01"
    assert paragraphs == [
        ("Good news.", False),
        ("Added", True),
        ("• a [b] of two lines, see docs.", False),
        ("• [red]not red[/]", False),
    ]


def test_the_changelog_of_this_repository_is_read():
    title, paragraphs = changes.newest()
    assert title
    assert sum(text.startswith("• ") for text, _ in paragraphs) > 10


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"no sections"])
def test_a_changelog_that_cannot_be_read_is_empty(changelog, content):
    changelog.unlink()
    if content is not None:
        changelog.write_bytes(content)
    assert changes.newest() == ("", [])


def test_only_the_first_start_after_an_update_is_one(own_state, monkeypatch):
    assert not changes.is_updated()
    assert not changes.is_updated()
    monkeypatch.setattr(changes, "__version__", "99.0")
    assert changes.is_updated()
    assert not changes.is_updated()


async def test_the_app_says_it_once_and_shows_it(desk, changelog):
    locations.last_version().parent.mkdir(parents=True)
    locations.last_version().write_text("0.0.1\n")
    async with desk() as d:
        app, pilot = d.app, d.pilot
        await d.until(lambda: d.notices)
        assert [__version__ in notice for notice in d.notices] == [True]
        app.action_changes()
        await pilot.pause()
        assert isinstance(app.screen, WhatIsNew)
        texts = [str(widget.content) for widget in app.screen.query("Static")]
        assert "9.1.0 - 2030-01-01" in texts
        assert "• [red]not red[/]" in texts
        assert "What is new" in [command.title for command in commands.of(app)]
