"""Whether suggestions stay the same when the engine is changed, and what each kind of key costs before and after.

    git stash; python tests/benchmarks/same.py before.json; git stash pop
    python tests/benchmarks/same.py after.json --against before.json

Chinese, pinyin, initials, English, a text on the right, and open letters are typed key by key, several times, each time
by an engine without states. Between two open letters, what the next one needs is computed as in the app, and not timed.
The time of a key is the shortest of its times, of the processor's, so that other programs
on the machine count little. Suggestions are the same if they insert the same with the same probabilities.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
from phrases import ENGLISH, PHRASES

from seqchat.completion.composing.meaning import look_ahead, meaning_of
from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.corpus.readings import readings
from seqchat.corpus.source_names import SAMPLE
from seqchat.corpus.sources import read_dialogs
from seqchat.evaluation.latency import Percentiles
from seqchat.model.threads import one_thread

# Sums of float32 in another order
_TOLERANCE = 1e-5
_OPEN = 30
_RIGHT = "，然后我们就回家了。"


class Key(NamedTuple):
    """A key: the text after it, what is suggested there, and what is done before the next key."""

    text: str
    suggested: Callable[[Engine], list[Suggestion]]
    afterwards: Callable[[Engine], object] = lambda engine: None


def _syllables(phrase: str) -> tuple[str, ...]:
    return readings([phrase])[0][0].syllables


def _typed(before: str, text: str, **options: Any) -> Iterator[Key]:
    for end in range(1, len(text) + 1):
        typed = before + text[:end]
        yield Key(typed, lambda engine, typed=typed: suggest(engine, typed, **options))


def _open(before: str, letters: str) -> Iterator[Key]:
    for end in range(1, len(letters) + 1):
        typed = before + letters[:end]
        yield Key(
            typed,
            lambda engine, typed=typed, end=end: meaning_of(engine, typed, end, 9).candidates,
            lambda engine, typed=typed, end=end: look_ahead(engine, typed, end),
        )


def kinds(turns: list[str]) -> dict[str, list[Key]]:
    """Return the keys of each kind."""
    before = "\n".join(turns[:3]) + "\n"
    whole = ["".join(_syllables(phrase)) for phrase in PHRASES]
    return {
        "Chinese": [key for turn in turns[3:15] for key in _typed(before, turn)],
        "pinyin": [key for typed in whole for key in _typed(before, typed[:20])],
        "initials": [key for p in PHRASES for key in _typed(before, "".join(s[0] for s in _syllables(p))[:6])],
        "English": [key for text in ENGLISH for key in _typed("", text)],
        "text on the right": [key for turn in turns[15:18] for key in _typed(before, turn[:8], after=_RIGHT)],
        "open letters": [key for typed in whole for key in _open(before, typed[:_OPEN])],
        "open letters, cut": [key for p in PHRASES for key in _open(before, "".join(s[:2] for s in _syllables(p)))],
    }


def type_keys(engine: Engine, keys: list[Key]) -> tuple[list[float], list[list[Suggestion]]]:
    """Return the seconds of each key, and what is suggested after it."""
    seconds, found = [], []
    for key in keys:
        began = time.process_time()
        found.append(key.suggested(engine))
        seconds.append(time.process_time() - began)
        key.afterwards(engine)
    return seconds, found


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--model", default="lstm-chat", show_default=True)
@click.option("--against", type=click.Path(exists=True, path_type=Path), help="What was written before.")
@click.option("--kind", "only", multiple=True, help="Type only this kind of key; may be repeated.")
@click.option("--times", default=3, show_default=True, help="How often all is typed.")
@one_thread()
def main(out: Path, model: str, against: Path | None, only: tuple[str, ...], times: int) -> None:
    """Type, write the suggestions to OUT, and compare."""
    loaded = Engine.load(model)
    before = json.loads(against.read_text()) if against else {}
    click.echo("| kind of key | keys | median | 99th percentile | before | | the same |")
    click.echo("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    result, different = {}, []
    for kind, keys in kinds([turn for dialog in read_dialogs([SAMPLE]) for turn in dialog.turns]).items():
        if only and kind not in only:
            continue
        suggest(loaded, "你好h")
        runs = [type_keys(loaded.fork(), keys) for _ in range(times)]
        shortest = [min(each) for each in zip(*(seconds for seconds, _ in runs), strict=True)]
        found = [[(s.insert, s.replace, s.probability) for s in key] for key in runs[0][1]]
        result[kind] = {"seconds": shortest, "found": found}
        own, old = Percentiles.of(shortest), before.get(kind)
        row = f"| {kind} | {len(keys)} | {own.p50:.2f} ms | {own.p99:.2f} ms |"
        if old:
            then = Percentiles.of(old["seconds"])
            wrong = [n for n, pair in enumerate(zip(found, old["found"], strict=True)) if not _same(*pair)]
            different += [(keys[n].text, old["found"][n], found[n]) for n in wrong]
            row += f" {then.p50:.2f}, {then.p99:.2f} ms | {then.p50 / own.p50:.2f} × | {len(keys) - len(wrong)} |"
        click.echo(row)
    out.write_text(json.dumps(result, ensure_ascii=False))
    for text, then, now in different[:10]:
        click.echo(f"{text[-30:]!r}\n  {then}\n  {now}")
    if different:
        raise click.ClickException(f"{len(different)} keys have other suggestions.")


def _same(found: list[Any], before: list[Any]) -> bool:
    if len(found) != len(before):
        return False
    # Words of the same probability may come in either order.
    pairs = zip(sorted(found, key=_by_value), sorted(before, key=_by_value), strict=True)
    return all(a[0] == b[0] and a[1] == b[1] and abs(a[2] - b[2]) <= _TOLERANCE for a, b in pairs)


def _by_value(entry: Any) -> tuple[float, str]:
    return -round(entry[2], 5), entry[0]


if __name__ == "__main__":
    main()
