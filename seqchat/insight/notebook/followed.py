"""How far back a gradient reaches, in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqchat.insight.gradient_flow import GradientFlow
from seqchat.insight.notebook import html
from seqchat.insight.notebook.drawable import drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FollowedGradient(GradientFlow):
    """The gradient in one layer of a model, over the distance in words."""

    @classmethod
    def of(cls, flow: GradientFlow) -> FollowedGradient:
        """Make it of what was measured."""
        return drawable(cls, flow)

    @property
    def shares(self) -> dict[str, list[float]]:
        """What is left of the gradient of each state at each distance, and of the gates of the direct path."""
        found = {state: (norms / norms[0]).tolist() for state, norms in self.norms.items()}
        if self.keep_gate is not None and self.gate_product is not None:
            found[f"{self.keep_gate.name} gates"] = self.gate_product.tolist()
        return found

    def frame(self) -> Any:
        """Return a table of pandas: a row a distance, a column a state, and the gates of the direct path."""
        import pandas as pd

        return pd.DataFrame(self.shares, index=pd.Index(self.distances, name="words back"))

    def figure(self) -> Figure:
        """Return a figure of matplotlib.

        Raises:
            SeqchatError: matplotlib is not installed.
        """
        from seqchat.insight.export.gradients import gradients_figure

        return gradients_figure([self])

    def _repr_html_(self) -> str:
        from seqchat.insight.gradient_report import DISTANCE_LABEL, describe

        title = html.heading(self.name, f"layer {self.layer}, the losses of {self.words:,} words")
        return title + html.curves(self.shares, DISTANCE_LABEL) + html.paragraph(describe(self))
