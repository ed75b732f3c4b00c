"""Numbers in sentences."""


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: 1 dialog, 2,000 dialogs."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Return a length of time in two or three digits: 45 s, 90 s, 4.1 min, 37 min, 1.2 h."""
    if round(seconds) < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 10:
        return f"{minutes:.1f} min"
    return f"{minutes:.0f} min" if round(minutes) < 100 else f"{minutes / 60:.1f} h"
