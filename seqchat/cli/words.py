"""``seqchat words``: what the app has learned."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import json_option, print_json
from seqchat.errors import SeqchatError, one_line, quoted
from seqchat.wording import counted

if TYPE_CHECKING:
    from seqchat.completion.habits import Habit, Habits


@click.group(short_help="List, export, import and forget learned words.", invoke_without_command=True)
@click.pass_context
def words(ctx: click.Context) -> None:
    """List the words that the app has learned; export, import or forget some.

    They are those that you took from candidates, once you have agreed to keep them.

    \b
    seqchat words
    seqchat words list --json
    seqchat words export words.tsv
    seqchat words import words.tsv rime-export.txt
    seqchat words forget 王小帅
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_words)


@words.command("list", short_help="List them, those used last first.")
@click.option("-n", "most", type=click.IntRange(min=1), help="Only so many.")
@json_option
def list_words(most: int | None = None, as_json: bool = False) -> None:
    """List the learned words with their pinyin, and how often they were used; those used last come first.

    A use counts half as much after 90 days.

    \b
    seqchat words list
    seqchat words list -n 20
    seqchat words list --json
    """
    habits = _learned()[::-1][:most]
    if as_json:
        print_json({"words": [{"word": h.word, "pinyin": h.pinyin, "count": round(h.count, 3)} for h in habits]})
        return
    for habit in habits:
        click.echo(_row(habit))
    if not habits:
        click.echo("No words have been learned.", err=True)


@words.command(short_help="Write them into a text.")
@click.argument("file", default="-", type=click.Path(path_type=Path, allow_dash=True))
def export(file: Path) -> None:
    """Write all learned words into FILE, or to standard output: a line a word, its pinyin and its count, with tabs.

    Rime reads it as the export of a user dictionary.

    \b
    seqchat words export words.tsv
    seqchat words export | sort
    """
    from seqchat.files import write_private

    habits = _learned()
    text = "".join(f"{_row(habit)}\n" for habit in habits)
    if str(file) == "-":
        click.echo(text, nl=False)
        return
    if not file.parent.is_dir():
        raise SeqchatError(f"There is no folder {one_line(file.parent)}.")
    write_private(file, text)
    click.echo(f"{one_line(file)}: {counted(len(habits), 'word')}", err=True)


@words.command("import", short_help="Learn the words of lists.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
def import_words(files: tuple[Path, ...]) -> None:
    """Learn the words of each FILE, in addition to those that are known.

    A line is a word, its pinyin and how often it was used, in any order, with tabs or spaces between them; without
    pinyin, a Chinese word is read as it commonly is. So are the exports of other input methods: 'rime_dict_manager -e',
    *.userdb.txt and *.dict.yaml of Rime; 'libime_pinyindict -d' and 'libime_history -d' of fcitx5. Traditional
    characters become simplified ones, which models know.

    \b
    seqchat words import words.tsv
    seqchat words import luna_pinyin.userdb.txt my.dict.yaml
    """
    from seqchat.completion.habit_file import HabitFile
    from seqchat.completion.script import script_of
    from seqchat.completion.word_lists import read_list

    # Rime's dictionaries are often in traditional characters, and models know simplified ones.
    script = script_of("traditional")
    lists = [read_list(path, str if script is None else script.simplified) for path in files]
    file = HabitFile()

    def learn(habits: Habits) -> None:
        # What the writer took themselves counts as used later.
        oldest = min((habit.time for habit in habits), default=math.inf)
        for found, _ in lists:
            for habit in found:
                habits.add(replace(habit, time=min(habit.time, oldest)))

    problem = file.change(learn)
    if problem:
        click.echo(problem, err=True)
    for path, (found, skipped) in zip(files, lists, strict=True):
        without = f"; {counted(skipped, 'line')} without any" if skipped else ""
        click.echo(f"{one_line(path)}: {counted(len(found), 'word')}{without}")


@words.command("forget", short_help="Forget single words.")
@click.argument("given", nargs=-1, required=True, metavar="WORD...")
def forget_words(given: tuple[str, ...]) -> None:
    """Forget each WORD; 'seqchat forget' forgets everything.

    \b
    seqchat words forget 王小帅
    """
    from seqchat.completion.habit_file import HabitFile

    known = {habit.word for habit in _learned()}
    if unknown := [word for word in given if word not in known]:
        raise SeqchatError(f"{quoted(unknown[0])} was not learned; nothing was forgotten.")
    HabitFile().change(lambda habits: [habits.forget(word) for word in given])
    click.echo(f"Forgot {counted(len(set(given)), 'word')}.")


def _learned() -> list[Habit]:
    """Return the learned words, those used last at the end, and say what is wrong with their file."""
    from seqchat.completion.habit_file import HabitFile

    habits, problem = HabitFile().load()
    if problem:
        click.echo(problem, err=True)
    return habits


def _row(habit: Habit) -> str:
    count = f"{habit.count:.2f}".rstrip("0").rstrip(".")
    return f"{habit.word}\t{habit.pinyin}\t{count if float(count) else '0.01'}"
