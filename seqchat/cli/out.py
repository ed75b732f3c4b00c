"""The file that --out names, and the folder that --save names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqchat.errors import SeqchatError

# What matplotlib draws
PICTURES = (".png", ".svg")


def check_out(out: Path | None, kinds: Sequence[str] = PICTURES, drawn: Sequence[str] = PICTURES) -> None:
    """Refuse, before any work, a file that could not be written afterwards.

    kinds: the allowed endings of its name; drawn: those that need matplotlib.

    Raises:
        SeqchatError: it has another ending, its folder does not exist, or matplotlib is missing.
    """
    if out is None:
        return
    kind = out.suffix.lower()
    if kind not in kinds:
        names = " or ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))
        raise SeqchatError(f"{out} cannot be written in this format; its name must end in {names}.")
    if not out.parent.is_dir():
        raise SeqchatError(f"{out} cannot be written (there is no folder {out.parent}).")
    if out.is_dir():
        raise SeqchatError(f"{out} cannot be written (it is a folder).")
    if kind in drawn:
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            raise SeqchatError("Pictures need matplotlib: pip install 'seqchat[plot]'.") from None


def check_save(folder: Path | None, option: str = "--save") -> None:
    """Refuse, before any work, a folder that could not be made afterwards.

    Raises:
        SeqchatError: it is there already, or the folder that it is to be in is not.
    """
    if folder is None:
        return
    if folder.exists() or folder.is_symlink():
        raise SeqchatError(f"{folder} already exists; choose another {option}.")
    if not folder.parent.is_dir():
        raise SeqchatError(f"{folder} cannot be written (there is no folder {folder.parent}).")
