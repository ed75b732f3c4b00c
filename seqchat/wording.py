"""Numbers in sentences."""


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: 1 dialog, 2,000 dialogs."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Return a length of time as it is said, exact enough to compare: 45 s, 37 min, 1.2 h."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3_600 else f"{seconds / 3_600:.1f} h"
