"""Figures of matplotlib: fonts that have Chinese characters, and files as bytes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seqchat.errors import SeqchatError

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# The first installed one draws what matplotlib's own font lacks.
_CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
    "Arial Unicode MS",
)
_OWN_FONT = "DejaVu Sans"
_DPI = 150


@contextmanager
def drawing() -> Iterator[Callable[[tuple[float, float]], Figure]]:
    """Yield a function that makes a figure of a size in inches, in fonts with Chinese characters if there are any.

    Raises:
        SeqchatError: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise SeqchatError("Pictures need matplotlib: pip install 'seqchat[plot]'.") from None

    class ShownFigure(Figure):
        """A figure that a notebook shows, whether or not it has a backend of matplotlib."""

        def _repr_png_(self) -> bytes:
            return saved(self, "png")

    with warnings.catch_warnings(), rc_context({"font.family": fonts(), "axes.unicode_minus": False}):
        # Few fonts have emoji; a box is drawn instead.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield lambda size: ShownFigure(figsize=size, layout="constrained")


def named_ticks(axis: Axis, words: Sequence[str]) -> None:
    """Name the ticks of an axis by words, in which no sign begins a formula."""
    axis.set_ticks(range(len(words)), list(words))
    for text in axis.get_ticklabels():
        text.set_parse_math(False)


def fonts() -> list[str]:
    """Return matplotlib's own font, and then the first installed one that has Chinese characters, if there is any."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [_OWN_FONT, *(name for name in _CHINESE_FONTS if name in installed)][:2]


def saved(figure: Figure, kind: str) -> bytes:
    """Return a figure as a file of a kind that matplotlib writes, such as png or svg."""
    picture = io.BytesIO()
    figure.savefig(picture, format=kind, dpi=_DPI)
    return picture.getvalue()
