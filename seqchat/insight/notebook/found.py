"""Where a neuron is highest and lowest, in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seqchat.insight.neurons.contexts import NeuronContext, NeuronContexts
from seqchat.insight.notebook import html
from seqchat.insight.notebook.drawable import drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FoundContexts(NeuronContexts):
    """The contexts of a neuron; title: what was searched for."""

    title: str = field(kw_only=True)

    @classmethod
    def of(cls, contexts: NeuronContexts, title: str) -> FoundContexts:
        """Make it of what was found."""
        return drawable(cls, contexts, title=title)

    def _all(self) -> Iterator[tuple[str, NeuronContext]]:
        for end, contexts in (("highest", self.highest), ("lowest", self.lowest)):
            for context in contexts:
                yield end, context

    def frame(self) -> Any:
        """Return a table of pandas: a row a context."""
        import pandas as pd

        rows = [(end, c.value, c.dialog, c.before, c.word, c.after) for end, c in self._all()]
        return pd.DataFrame(rows, columns=["end", "value", "dialog", "before", "word", "after"])

    def figure(self) -> Figure:
        """Return a figure of matplotlib: the values at the words.

        Raises:
            SeqchatError: matplotlib is not installed.
        """
        from seqchat.insight.export.figures import drawing, named_ticks

        found = list(self._all())[::-1]
        with drawing() as new_figure:
            figure = new_figure((6, 0.8 + 0.25 * len(found)))
            axes = figure.subplots()
            axes.barh(
                range(len(found)),
                [c.value for _, c in found],
                color=["C3" if e == "highest" else "C0" for e, _ in found],
            )
            named_ticks(axes.yaxis, [c.word for _, c in found])
            axes.set_xlabel(self.title, parse_math=False)
            return figure

    def _repr_html_(self) -> str:
        rows = ((end, f"{c.value:+.3f}", _shown(c.before), _shown(c.word), _shown(c.after)) for end, c in self._all())
        note = f"{self.words:,} words of {self.dialogs:,} dialogs"
        heads = ("", "value", "before", "word", "after")
        return html.heading(self.title, note) + html.table(heads, rows, left=(0, 3, 4))


def _shown(text: str) -> str:
    return text.replace("\n", "⏎")
