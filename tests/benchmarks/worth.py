"""What is worth a glance: how often candidates and grey text are shown and right at other costs, and what is lost.

    python tests/benchmarks/worth.py ../shared/data/written/zh-*.jsonl
    python tests/benchmarks/worth.py ../shared/data/written/en-*.jsonl --model checkpoints/english

Dialogs that the model did not learn from are typed, spread evenly over the files; before some of the characters,
suggestions are asked for. Someone takes the candidate, or the grey text, that continues the text by whole words and
saves most keys. Kept: the share of the keys that would be saved if all of them were shown. The costs in use are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import click

from seqchat.completion.engine import Engine
from seqchat.completion.spacing import begins_word, is_finished
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.completion.worth import COSTS, Place, keys_saved
from seqchat.corpus.sources import read_dialogs

_COSTS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
_CANDIDATES = 9
# Suggestions are asked for before every so many characters.
_STEP = 3


@dataclass(frozen=True)
class Offered:
    """A suggestion at a place: the keys it saves if it is right, how many that is to be expected, and whether it is."""

    keys: float
    expected: float
    right: bool
    replaces: bool

    @property
    def gain(self) -> float:
        """The keys it really saves."""
        return max(self.keys, 0.0) if self.right else 0.0


def places(engine: Engine, files: Sequence[str], dialogs: int) -> Iterator[list[Offered]]:
    """Yield what is offered at each place, the most probable first."""
    for file in files:
        every = list(read_dialogs([file]))
        for dialog in every[:: max(len(every) // dialogs, 1)][:dialogs]:
            history = ""
            for turn in (turn.strip().replace("\n", " ") for turn in dialog.turns):
                for typed in range(len(history) % _STEP, len(turn), _STEP):
                    yield [*_offered(engine, history, turn, typed)]
                history += f"{turn}\n"


def _offered(engine: Engine, history: str, turn: str, typed: int) -> Iterator[Offered]:
    text = history + turn[:typed]
    place = Place.of(text, engine.vocabulary)
    for s in suggest(engine, text, _CANDIDATES):
        if place.explains(s):
            keys = keys_saved(s.insert, s.replace)
            yield Offered(keys, s.probability * keys, _is_right(s, turn, typed), s.replace > 0)


def _is_right(suggestion: Suggestion, turn: str, typed: int) -> bool:
    result = turn[: max(typed - suggestion.replace, 0)] + suggestion.insert
    return turn.startswith(result) and not (is_finished(result) and begins_word(turn[len(result) :], result))


def report(
    title: str, found: Sequence[list[Offered]], used: float, shown: Callable[[list[Offered], float], list[Offered]]
):
    """Print a line for each cost."""
    most = sum(max((o.gain for o in shown(offered, 0.0)), default=0.0) for offered in found)
    click.echo(f"\n{title}\n  cost  shown at  a place has  right there  keys kept")
    for cost in _COSTS:
        lists = [shown(offered, cost) for offered in found]
        some = [offered for offered in lists if offered]
        right = sum(any(o.right for o in offered) for offered in some)
        kept = sum(max((o.gain for o in offered), default=0.0) for offered in lists)
        mark = "*" if cost == used else " "
        shown_at, each = len(some) / len(found), sum(map(len, lists)) / len(found)
        right_there, keys_kept = right / max(len(some), 1), kept / max(most, 1e-9)
        click.echo(f"{mark}{cost:5.2f} {shown_at:9.1%} {each:12.1f} {right_there:12.1%} {keys_kept:10.1%}")


@click.command()
@click.argument("data", nargs=-1, required=True)
@click.option("--model", default="lstm-chat", show_default=True)
@click.option("--dialogs", default=4, show_default=True, help="How many dialogs of each file are typed.")
def main(data: tuple[str, ...], model: str, dialogs: int) -> None:
    """Type dialogs of DATA, and report what is shown at other costs."""
    engine = Engine.load(model)
    found = list(places(engine, data, dialogs))
    click.echo(f"{engine.name}: {len(found):,} places")
    report("Candidates", found, COSTS["candidate"], lambda offered, cost: [o for o in offered if o.expected >= cost])
    report(
        "Grey text",
        found,
        COSTS["grey text"],
        lambda offered, cost: [o for o in offered[:1] if o.expected >= cost and not o.replaces],
    )


if __name__ == "__main__":
    main()
