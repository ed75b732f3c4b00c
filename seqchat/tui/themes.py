"""The app's own themes, in addition to Textual's."""

from __future__ import annotations

from textual.theme import Theme

THEMES: tuple[Theme, ...] = (
    Theme(
        name="seqchat-dark",
        dark=True,
        primary="#4a90b8",
        secondary="#e0a458",
        accent="#23c9b6",
        warning="#f2c14e",
        error="#e5596d",
        success="#7fc96b",
        foreground="#d8dee6",
        background="#11161d",
        surface="#171e27",
        panel="#1e2732",
    ),
    Theme(
        name="seqchat-light",
        dark=False,
        primary="#2a6f97",
        secondary="#a85b00",
        accent="#00786c",
        warning="#9a6a00",
        error="#b3261e",
        success="#2f7d32",
        foreground="#1d2733",
        background="#fbfaf7",
        surface="#f1efe9",
        panel="#e6e3da",
    ),
)
