"""Options that several commands share, and the way they print."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from seqchat.corpus.cleaning import clean
from seqchat.corpus.double_pinyin import LAYOUTS
from seqchat.corpus.fuzzy_pinyin import PAIRS
from seqchat.errors import SeqchatError
from seqchat.model.model_registry import DEFAULT_MODEL
from seqchat.serving.surroundings import surroundings

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|sec|m|min|h)?", re.IGNORECASE)
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """A length of time such as ``90s``, ``10m`` or ``2h``, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the text; a number without a unit is seconds."""
        if isinstance(value, int | float):
            return float(value)
        match = _DURATION.fullmatch(str(value).strip())
        if match is None or float(match[1]) == 0:
            self.fail(f"{value!r} is not a length of time; write 90s, 10m or 2h.", param, ctx)
        return float(match[1]) * _SECONDS[(match[2] or "s").lower()]


model_option = click.option(
    "-m", "--model", default=DEFAULT_MODEL, show_default=True, help="A model's name or directory."
)
precision_option = click.option(
    "--precision",
    type=click.Choice(["auto", "fp32"]),
    default="auto",
    show_default=True,
    help="auto: the output layer in int8, its best words again in float32; fp32: all in float32.",
)
lessons_option = click.option(
    "--lessons",
    type=click.Path(path_type=Path),
    help="Lessons of your own, the .toml files of this folder; they follow the built-in ones.",
)
# How the output layer over a whole text is computed, and how that is said
text_precision_option = click.option(
    "--precision",
    type=click.Choice(["auto", "fp32"]),
    default="auto",
    show_default=True,
    help="auto: products in int8 and bfloat16 where the processor has them, which are faster; fp32: float32.",
)
_NEARLY = "perplexity within 0.1%, top-k the same for 99.9% of the words"
TEXT_PRECISIONS = {
    "fp32": "float32",
    "int8": f"int8 products; {_NEARLY}",
    "bf16": f"bfloat16 products in the cell; {_NEARLY}",
    "int8+bf16": f"int8 products, bfloat16 ones in the cell; {_NEARLY}",
}
lexicon_option = click.option(
    "--lexicon",
    metavar="FILE",
    help="Offer the words of this lexicon that the model lacks, instead of those that ship; 'none' for none.",
)

fuzzy_option = click.option(
    "--fuzzy",
    type=click.Choice(PAIRS),
    multiple=True,
    help="Take these sounds of pinyin for each other; may be repeated.",
)
double_pinyin_option = click.option(
    "--double-pinyin",
    type=click.Choice(list(LAYOUTS)),
    help="Read letters as double pinyin, two keys a syllable, in this layout.",
)


def _patterns(_ctx: click.Context, _option: click.Parameter, patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise click.BadParameter(f"{pattern!r} is not a regular expression ({error}).") from None
    return patterns


drop_option = click.option(
    "--drop",
    multiple=True,
    metavar="REGEX",
    help="Leave out what matches, such as '<Media omitted>'; may be repeated.",
    callback=_patterns,
)


def speaker_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that names people; what: it does with their turns."""
    return click.option(
        "--speaker",
        "speakers",
        multiple=True,
        metavar="NAME",
        callback=_people,
        help=f"{what}; 'me' where the export says who that is; may be repeated.",
    )


def _people(_ctx: click.Context, _option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(name.strip() for name in names):
        raise click.BadParameter("a name has letters.")
    return names


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of how files are read; it receives `reading`, a `ReadingOptions`."""

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> Any:
        from seqchat.corpus.reading_options import ReadingOptions

        given = {name: options.pop(name) for name in _READING_NAMES}
        return command(*args, reading=ReadingOptions(**given), **options)

    for option in reversed(_READING):
        wrapped = option(wrapped)
    return wrapped


def _columns(_ctx: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


def _codec(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    from seqchat.corpus.encodings import checked_codec

    try:
        return checked_codec(value)
    except SeqchatError as error:
        raise click.BadParameter(str(error)) from None


_READING_NAMES = ("field", "columns", "pause", "keep_notes", "encoding", "speakers")
_READING = (
    click.option("--field", help="The field or column that holds the turns or the text."),
    click.option(
        "--columns",
        metavar="NAME,NAME",
        callback=_columns,
        help="The columns or fields that are the turns of a dialog.",
    ),
    click.option(
        "--pause", type=Duration(), default="6h", show_default=True, help="A dialog of a chat ends at such a pause."
    ),
    click.option("--keep-notes", is_flag=True, help="Keep a messenger's notes, such as '<Media omitted>'."),
    click.option("--encoding", callback=_codec, help="What texts are encoded in  [default: found out]"),
    speaker_option("Count the turns of this person alone, and read the others as context"),
)
keystrokes_option = click.option(
    "--keystrokes",
    type=click.IntRange(min=0),
    default=3_000,
    show_default=True,
    metavar="CHARACTERS",
    help="How many characters of the text to type key by key; 0 for none.",
)
script_option = click.option(
    "--script",
    type=click.Choice(["simplified", "traditional"]),
    default="simplified",
    show_default=True,
    help="Chinese characters: traditional ones are those of Taiwan.",
)
fast_option = click.option(
    "--fast",
    is_flag=True,
    expose_value=False,
    help="Use an engine that stays in memory for 15 minutes after its last use.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def texts(text: str | None) -> Iterator[str]:
    """Yield the text given on the command line; without one, each line of standard input."""
    if text is not None:
        yield clean(text)
        return
    for line in surroundings().lines():
        yield clean(line.decode("utf-8", errors="replace").rstrip("\r\n"))


def print_json(value: Any) -> None:
    """Print one JSON object on a line of its own, at once."""
    surroundings().echo(json.dumps(value, ensure_ascii=False))
