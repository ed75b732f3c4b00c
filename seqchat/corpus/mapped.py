"""Arrays in one file (safetensors), mapped into memory: what is not looked at is never read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.errors import SeqchatError, one_line

_TYPES = {"U8": np.uint8, "U16": np.uint16, "U32": np.uint32}
# No list of arrays needs a longer description.
_MAX_HEADER = 1_000_000


def write_arrays(arrays: Mapping[str, NDArray[Any]], notes: Mapping[str, str]) -> bytes:
    """Return the content of a file of arrays of whole numbers; notes: short texts beside them."""
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, dict(notes))


def map_arrays(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Map the arrays of a file that `write_arrays` made, and return them with its notes.

    Raises:
        SeqchatError: the file is missing, or damaged.
    """
    try:
        content = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
        length = int.from_bytes(content[:8].tobytes(), "little")
        if length > min(_MAX_HEADER, len(content)):
            raise ValueError("its beginning is that of another kind of file")
        header = json.loads(content[8 : 8 + length].tobytes().decode("utf-8"))
        notes = header.pop("__metadata__", {})
        return {name: _array(content[8 + length :], entry) for name, entry in header.items()}, dict(notes)
    except FileNotFoundError:
        raise SeqchatError(f"There is no file {one_line(path, 300)}.") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SeqchatError(f"{one_line(path, 300)} is not a lexicon that seqchat made ({one_line(error)}).") from error


def _array(content: NDArray[np.uint8], entry: Mapping[str, Any]) -> NDArray[Any]:
    low, high = entry["data_offsets"]
    if not 0 <= low <= high <= len(content):
        raise ValueError("a part of it is missing")
    return content[low:high].view(_TYPES[entry["dtype"]]).reshape(entry["shape"])
