"""A run with gates held or words swapped beside the untouched one, in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seqchat.errors import SeqchatError
from seqchat.insight.notebook import html
from seqchat.insight.notebook.drawable import drawable
from seqchat.insight.run_comparison import Comparison, WordProbability
from seqchat.insight.splits import LogitComparison
from seqchat.wording import percentage

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# How many neurons are named of each kind
_NEURONS = 5


@dataclass(frozen=True)
class Probed(Comparison):
    """Two runs side by side; model: its name; why: the split of a logit, if it was asked for."""

    model: str = field(kw_only=True)
    why: LogitComparison | None = field(kw_only=True, default=None)

    @classmethod
    def of(cls, comparison: Comparison, model: str, why: LogitComparison | None) -> Probed:
        """Make it of what was compared."""
        return drawable(cls, comparison, model=model, why=why)

    @property
    def next_words(self) -> list[WordProbability]:
        """The most probable next words of either run, those of the untouched one first."""
        both = [*self.untouched.suggestions, *self.changed.suggestions]
        return list({found.word_id: found for found in both}.values())

    def frame(self, of: str = "words") -> Any:
        """Return a table of pandas.

        of: ``words``, the next ones with their probabilities in both runs; ``distances`` of the states of both runs,
        a row a word and a column a layer; ``neurons``, those that differ most at the last word; ``why``, what each
        neuron adds to the logit.

        Raises:
            SeqchatError: there is no such table.
        """
        import pandas as pd

        if of == "words":
            rows = [(w.word, w.untouched, w.changed, w.changed - w.untouched) for w in self.next_words]
            return pd.DataFrame(rows, columns=["word", "untouched", "changed", "difference"]).set_index("word")
        if of == "distances":
            words = pd.Index([self.changed.words[there] for _, there in self.columns], name="word")
            return pd.DataFrame(self.distance.T, index=words, columns=self.untouched.trace.names)
        if of == "neurons":
            return pd.DataFrame(self._movers(), columns=["layer", "neuron", "untouched", "changed"])
        if of == "why" and self.why is not None:
            splits = self.why.untouched, self.why.changed
            parts = [[split.contribution(k) for split in splits] for k in range(len(splits[0].hidden))]
            rows = [(one.layer, one.neuron, one.value, other.value) for one, other in parts]
            return pd.DataFrame(rows, columns=["layer", "neuron", "untouched", "changed"])
        raise SeqchatError(
            f"There is no table {of!r}; there are words, distances, neurons, and why where it was asked for."
        )

    def figure(self) -> Figure:
        """Return a figure of matplotlib: the next words of both runs, and how far their states are apart at each word.

        Raises:
            SeqchatError: matplotlib is not installed.
        """
        from seqchat.insight.export.figures import drawing, named_ticks

        words = self.next_words[::-1]
        with drawing() as new_figure:
            figure = new_figure((10, 0.6 + 0.32 * len(words)))
            left, right = figure.subplots(1, 2)
            for offset, values, label in (
                (0.2, [w.untouched for w in words], "untouched"),
                (-0.2, [w.changed for w in words], "changed"),
            ):
                left.barh([k + offset for k in range(len(words))], values, 0.4, label=label)
            named_ticks(left.yaxis, [w.word for w in words])
            left.set(xlabel="probability of the next word")
            left.legend()
            for name, distances in zip(self.untouched.trace.names, self.distance, strict=True):
                right.plot(distances, marker=".", label=f"layer {name}")
            named_ticks(right.xaxis, [self.changed.words[there] for _, there in self.columns])
            right.set(ylabel=f"distance of the {self.state} states")
            right.legend()
            return figure

    def _movers(self) -> Iterator[tuple[str, int, float, float]]:
        for k, name in enumerate(self.untouched.trace.names):
            for change in self.changed_neurons(k):
                yield (name, *change)

    def _repr_html_(self) -> str:
        words = ((w.word, percentage(w.untouched), percentage(w.changed)) for w in self.next_words)
        movers = ((name, f"n{n}", f"{a:+.2f}", f"{b:+.2f}") for name, n, a, b in self._movers())
        parts = [
            html.table(("next word", "untouched", "changed"), words),
            html.table(("layer", f"{self.state}, last word", "untouched", "changed"), movers, left=(0, 1)),
        ]
        if self.why is not None:
            parts.append(_why(self.why))
        return html.heading(self.model, f"D(untouched ‖ changed) = {self.bits:.3f} bits") + html.beside(parts)


def _why(found: LogitComparison) -> str:
    raising, lowering = found.untouched.strongest(_NEURONS)
    rows = [(part.layer, f"n{part.neuron}", f"{part.value:+.3f}") for part in (*raising, *lowering)]
    rows += [("", "bias", f"{found.untouched.bias:+.3f}"), ("", "sum of all", f"{found.untouched.total:+.3f}")]
    title = f"why {found.word}" + (f" rather than {found.rather_than}" if found.rather_than else "")
    return html.table(("layer", title, "adds"), rows, left=(0, 1))
