"""Numbers in sentences and tables: counts, lengths of time, probabilities and other shares."""

import math
from collections.abc import Callable, Sequence

# A text with its values, as in `str.format` → the text as it is shown, perhaps in another language
Say = Callable[..., str]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(text: str, **values: object) -> str:
    """Return a text in English with values put in."""
    return text.format(**values) if values else text


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: 1 dialog, 2,000 dialogs."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Sequence[str], conjunction: str = "and") -> str:
    """Return names in a sentence: a, b and c."""
    return f" {conjunction} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def duration(seconds: float) -> str:
    """Return a length of time in two or three digits: 45 s, 90 s, 4.1 min, 37 min, 1.2 h."""
    if round(seconds) < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 10:
        return f"{minutes:.1f} min"
    return f"{minutes:.0f} min" if round(minutes) < 100 else f"{minutes / 60:.1f} h"


def clock_time(seconds: float) -> str:
    """Return a time as a clock shows it: 0:45, 12:05, 1:02:30."""
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def perplexity(value: float) -> str:
    """Return a perplexity with a decimal, 123.4; one that nothing was learned for is a power of ten, 2e+31."""
    return f"{value:.1f}" if value < 1e6 else f"{value:.0e}"


def percentage(share: float, decimals: int = 1) -> str:
    """Return a share with a fixed number of decimals, for columns of a table: 41.3%; – if it is not a number."""
    return "–" if math.isnan(share) else f"{share:.{decimals}%}"


def probability(share: float) -> str:
    """Return a probability in at most five characters, never as nought: 41%, 9.9%, 0.3%, <0.1%."""
    if share >= 0.0995:
        return percentage(share, 0)
    return percentage(share) if share >= 0.0005 else "<0.1%"


def log_probability(log_prob: float) -> str:
    """Return a probability that may be tiny, given its natural logarithm: 12%, 0.3%, 10⁻⁷."""
    share = math.exp(log_prob)
    if share >= 0.0095:
        return percentage(share, 0)
    if share >= 0.00095:
        return percentage(share)
    return "10" + str(round(log_prob / math.log(10))).translate(_SUPERSCRIPTS)


def ratio(value: float, decimals: int = 1) -> str:
    """Return what is left of a quantity, over many orders of magnitude: 41.3%, 2e-4, 3e2; 0 for none.

    decimals: of the percentage; a smaller ratio than its last decimal shows has one significant digit.
    """
    if 0.095 * 0.1 ** (decimals + 1) <= value < 100:
        return percentage(value, decimals)
    digit, _, exponent = f"{value:.0e}".partition("e")
    return f"{digit}e{int(exponent)}" if value > 0 and exponent else f"{value:.0f}"
