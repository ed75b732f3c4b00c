"""Neurons that are on together in a corpus, and neurons that move together, in a notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seqchat.insight.neurons.groups import NeuronGroups
from seqchat.insight.neurons.matches import Matches
from seqchat.insight.notebook import html
from seqchat.insight.notebook.drawable import drawable
from seqchat.wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FoundMatches(Matches):
    """Passages that share neurons with a pattern; title: what was searched with."""

    title: str = field(kw_only=True)

    @classmethod
    def of(cls, found: Matches, model: str) -> FoundMatches:
        """Make it of what was found."""
        pattern = found.pattern
        title = f"{model}, layer {pattern.layer}, {pattern.quantity}, words {pattern.span} {' '.join(pattern.words)}"
        return drawable(cls, found, title=title)

    def frame(self) -> Any:
        """Return a table of pandas: a row a passage, the columns those of `Match`."""
        import pandas as pd

        return pd.DataFrame([vars(match) for match in self.found])

    def figure(self) -> Figure:
        """Return a figure of matplotlib: how many neurons each passage shares, and what chance reaches.

        Raises:
            SeqchatError: matplotlib is not installed.
        """
        names = [match.text.replace("\n", "⏎") for match in self.found]
        shared = [float(match.shared) for match in self.found]
        return _bars(names, shared, self.chance, "neurons shared", self.title)

    def _repr_html_(self) -> str:
        note = (
            f"{counted(self.pattern.size, 'neuron')} on; {counted(self.passages, 'passage')} of "
            f"{counted(self.dialogs, 'dialog')}; by chance, the best passage shares {self.chance} or more in one of "
            "twenty shuffles"
        )
        rows = (
            (
                f"{match.shared}/{self.pattern.size}",
                f"{match.passages:,}",
                f"{match.by_chance:,.2f}",
                *(text.replace("\n", "⏎") for text in (match.before, match.text, match.after)),
            )
            for match in self.found
        )
        heads = ("shared", "passages", "by chance", "before", "passage", "after")
        return html.heading(self.title, note) + html.table(heads, rows, left=(4, 5))


@dataclass(frozen=True)
class FoundGroups(NeuronGroups):
    """Groups of neurons; title: of which layer and quantity."""

    title: str = field(kw_only=True)

    @classmethod
    def of(cls, found: NeuronGroups, title: str) -> FoundGroups:
        """Make it of what was found."""
        return drawable(cls, found, title=title)

    def frame(self) -> Any:
        """Return a table of pandas: a row a neuron of a group; its direction is 1 or −1, relative to the others."""
        import pandas as pd

        rows = [
            (number, neuron, direction, group.correlation)
            for number, group in enumerate(self.found, 1)
            for direction, neurons in ((1, group.together), (-1, group.opposite))
            for neuron in neurons
        ]
        return pd.DataFrame(rows, columns=["group", "neuron", "direction", "correlation"])

    def figure(self) -> Figure:
        """Return a figure of matplotlib: how closely the neurons of each group move together, and what chance reaches.

        Raises:
            SeqchatError: matplotlib is not installed.
        """
        names = [_numbers(group.together, group.opposite) for group in self.found]
        correlations = [group.correlation for group in self.found]
        return _bars(names, correlations, self.chance, "mean correlation", self.title)

    def _repr_html_(self) -> str:
        note = (
            f"{counted(self.words, 'word')} of {counted(self.dialogs, 'dialog')}; of all {self.neurons} neurons, the "
            f"closest two correlate by {self.closest:.2f}, by chance {self.chance:.2f}"
        )
        rows = (
            (
                f"{group.correlation:.2f}",
                _numbers(group.together, group.opposite),
                " ".join(group.highest),
                " ".join(group.lowest),
            )
            for group in self.found
        )
        heads = ("correlation", "neurons", "highest at", "lowest at")
        return html.heading(self.title, note) + html.table(heads, rows, left=(1, 2, 3))


def _numbers(together: list[int], opposite: list[int]) -> str:
    return " ".join([*map(str, together), *(f"−{neuron}" for neuron in opposite)])


def _bars(names: list[str], values: list[float], chance: float, label: str, title: str) -> Figure:
    """Return a figure with a bar a name, the first at the top, and a line at what chance reaches."""
    from seqchat.insight.export.figures import drawing, named_ticks

    with drawing() as new_figure:
        figure = new_figure((6, 1.2 + 0.25 * len(names)))
        axes = figure.subplots()
        axes.barh(range(len(names)), values[::-1], color="C0")
        named_ticks(axes.yaxis, names[::-1])
        axes.axvline(chance, color="C3", linestyle="--")
        axes.set_xlabel(f"{label} (dashed: chance)")
        axes.set_title(title, fontsize="medium", parse_math=False)
        return figure
