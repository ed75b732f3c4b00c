"""Words that are taken are learned; the first quit asks whether they are kept."""

from __future__ import annotations

import stat

import pytest

from seqchat import locations
from seqchat.tui import settings


async def take(d, letters, word):
    """Type letters, and take a candidate that is not the first."""
    await d.press(*letters)
    await d.thought()
    index = [s.insert for s in d.bar.suggestions].index(word)
    await d.press(f"alt+{index + 1}")
    await d.until(lambda: d.editor.text.endswith(word))


async def ranked(d, letters):
    await d.press(*letters)
    await d.thought()
    return [s.insert for s in d.bar.suggestions]


@pytest.mark.slow
async def test_words_are_kept_if_the_writer_agrees_and_rank_first_after_a_restart(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    async with desk() as d:
        second = (await ranked(d, "shi"))[1]
        await d.press("alt+2")
        assert d.workspace.learning.new_words == 1
        await take(d, "shi", second)
        await d.press("ctrl+q")
        await d.until(lambda: "Keep the words that you took (1)" in d.screen)
        await d.press("escape")
        await d.until(lambda: d.app.screen is d.workspace)
        assert not locations.learned_words().exists()
        await d.press("ctrl+q", "enter")
        await d.until(lambda: not d.app.is_running)
    path = locations.learned_words()
    assert path.read_text().count(f"{second}\tshi\t1\t") == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    chosen, problems = settings.load(locations.settings())
    assert (chosen.learning, problems) == ("keep", [])
    async with desk(options={"fresh": True}, learning="keep") as d:
        assert (await ranked(d, "shi"))[0] == second
        # What is taken now is on the disk soon, and a quit asks nothing.
        await d.press("alt+1")
        await d.until(lambda: path.read_text().count(f"{second}\tshi\t") == 3)
        # A key in the bar forgets it.
        await ranked(d, "shi")
        await d.press("alt+down", "delete")
        await d.until(lambda: f"{second} is forgotten." in d.notices)
        await d.until(lambda: d.bar.suggestions[0].insert != second)
        assert second not in path.read_text()
        await d.press("delete")
        await d.until(lambda: any("was not learned" in notice for notice in d.notices))
        await d.press("ctrl+q")
        await d.until(lambda: not d.app.is_running)


@pytest.mark.slow
async def test_no_writes_nothing_and_is_not_asked_again(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    async with desk(language="zh") as d:
        await ranked(d, "shi")
        await d.press("alt+1", "ctrl+q")
        await d.until(lambda: "（1 个）" in d.screen)
        await d.press("right", "enter")
        await d.until(lambda: not d.app.is_running)
    assert settings.load(locations.settings())[0].learning == "forget"
    async with desk(options={"fresh": True}, learning="forget") as d:
        await ranked(d, "shi")
        await d.press("alt+1", "ctrl+q")
        await d.until(lambda: not d.app.is_running)
    # Quitting while the question is shown is no answer.
    async with desk(options={"fresh": True}) as d:
        await ranked(d, "shi")
        await d.press("alt+1", "ctrl+q")
        await d.until(lambda: "Question" in d.screen)
        await d.press("ctrl+q")
        await d.until(lambda: not d.app.is_running)
    assert not (tmp_path / "data").exists()


async def test_another_programs_file_stays_and_is_named(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = locations.learned_words()
    path.parent.mkdir(parents=True)
    path.write_text("mine\n")
    async with desk(options={"learning": "keep"}) as d:
        await ranked(d, "shi")
        await d.press("alt+1")
        await d.until(lambda: any("is not a file of learned words" in notice for notice in d.notices))
        await d.press("ctrl+q")
    assert path.read_text() == "mine\n"
