"""What Python's garbage collector and the C library do with memory; of the latter, only the GNU one is told."""

from __future__ import annotations

import ctypes
import gc
import platform

# Parameters of mallopt: when to give memory back, and how many blocks to map on their own
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def keep() -> None:
    """Keep all memory that is freed from now on, large tensors included.

    Otherwise each is given back to the kernel, which clears every page of the next one: with 60,000 words that is a
    third of a training step's time.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def release() -> None:
    """Give memory that was freed back to the kernel.

    It is kept for each thread, in pieces that the next use may not fit into, so that the whole would grow.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def settle() -> None:
    """Let the garbage collector not look again at what was made so far, and stays."""
    gc.collect()
    gc.freeze()


def pause_collection() -> None:
    """Let the garbage collector rest while a program starts.

    Nearly all that is made then stays, and looking through it again and again takes a tenth of the time.
    """
    gc.disable()


def resume_collection() -> None:
    """Let the garbage collector work again, on what is made from now on."""
    gc.freeze()
    gc.enable()
