"""Every key of the app, as data."""

from __future__ import annotations

from textual.binding import Binding

SUGGESTIONS = 5
CONTINUATIONS = 3


def _picks() -> list[Binding]:
    words = [
        Binding(
            f"alt+{n}",
            f"accept_suggestion({n - 1})",
            f"Accept suggestion {n}",
            show=False,
            priority=True,
        )
        for n in range(1, SUGGESTIONS + 1)
    ]
    texts = [
        Binding(
            f"alt+{SUGGESTIONS + n}",
            f"accept_continuation({n - 1})",
            f"Accept continuation {n}",
            show=False,
            priority=True,
        )
        for n in range(1, CONTINUATIONS + 1)
    ]
    return words + texts


# The footer shows the first key of a group for the whole group ("Alt+1…8 Pick").
BINDINGS: list[Binding] = [
    Binding("tab", "accept_suggestion(0)", "Accept", key_display="Tab", priority=True),
    Binding(
        "alt+0",
        "explain_picking",
        "Pick",
        key_display=f"Alt+1…{SUGGESTIONS + CONTINUATIONS}",
        priority=True,
    ),
    *_picks(),
    Binding("ctrl+r", "resample", "Others", key_display="^R", priority=True),
    Binding("alt+g", "next_gate", "Gate", key_display="Alt+G", priority=True),
    Binding("alt+l", "next_layer", "Layer", key_display="Alt+L", priority=True),
    Binding("alt+up", "scroll_neurons(-1)", "Neurons up", show=False, priority=True),
    Binding("alt+down", "scroll_neurons(1)", "Neurons down", show=False, priority=True),
    Binding("ctrl+q", "quit", "Quit", key_display="^Q", priority=True),
]
