"""``seqchat complete``: suggestions for the end of a text."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import (
    double_pinyin_option,
    fast_option,
    fuzzy_option,
    json_option,
    lexicon_option,
    model_option,
    precision_option,
    print_json,
    script_option,
    texts,
)
from seqchat.serving.surroundings import surroundings
from seqchat.wording import percentage

if TYPE_CHECKING:
    from seqchat.model.output import Precision


@click.command(short_help="Suggest the next words of a text.")
@click.argument("text", required=False)
@model_option
@click.option("-k", default=5, show_default=True, type=click.IntRange(min=1), help="How many suggestions.")
@click.option("--pinyin/--no-pinyin", default=True, help="Read Latin letters at the end as pinyin too.")
@fuzzy_option
@double_pinyin_option
@click.option("--after", default="", metavar="RIGHT", help="Text right of the cursor, which suggestions must fit too.")
@click.option("--remember", is_flag=True, help="Use what 'tui' has learned, and what --remember keeps.")
@lexicon_option
@script_option
@precision_option
@fast_option
@json_option
def complete(
    text: str | None,
    model: str,
    k: int,
    pinyin: bool,
    fuzzy: tuple[str, ...],
    double_pinyin: str | None,
    after: str,
    remember: bool,
    lexicon: str | None,
    script: str,
    precision: Precision,
    as_json: bool,
) -> None:
    """Suggest how TEXT continues; without TEXT, do so for each line of standard input.

    \b
    seqchat complete 我想去北
    seqchat complete woxiangchihuoguo
    seqchat complete mtkh
    seqchat complete nihcma --double-pinyin xiaohe
    seqchat complete 我想去 --after 看电影
    cat lines.txt | seqchat complete --json --fast
    """
    from seqchat.completion import remembered
    from seqchat.completion.habit_file import HabitFile
    from seqchat.completion.habits import Habits
    from seqchat.corpus.spelling import Spelling

    here = surroundings()
    spelling = Spelling(fuzzy=frozenset(fuzzy), layout=double_pinyin or "")
    engine = here.engine(model, precision, lexicon, spelling)
    # After the engine, which brings PyTorch in the fastest way
    from seqchat.completion.suggestion import suggest

    engine.use_script(script)
    if remember:
        engine.learn(remembered.load())
        habits, problem = HabitFile().load()
        if problem:
            here.echo(problem, err=True)
        engine.follow(Habits(habits))
    for line in texts(text):
        started = time.perf_counter()
        suggestions = suggest(engine, line, k, after=after, pinyin=pinyin)
        milliseconds = (time.perf_counter() - started) * 1000
        if as_json:
            fields = ("word", "insert", "replace", "probability")
            found = [{name: asdict(s)[name] for name in fields} for s in suggestions]
            print_json({"text": line, "suggestions": found, "milliseconds": round(milliseconds, 3)})
            continue
        for suggestion in suggestions:
            kept = line[: len(line) - suggestion.replace]
            inserted = click.style(suggestion.insert, bold=True)
            here.echo(f"{percentage(suggestion.probability):>6}  {kept}{inserted}{after}")
