import pytest

from seqchat.wording import counted, duration


def test_one_is_no_plural():
    assert [counted(number, "dialog") for number in (0, 1, 2_000)] == ["0 dialogs", "1 dialog", "2,000 dialogs"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (45, "45 s"),
        (90, "90 s"),
        (99.6, "1.7 min"),
        (245, "4.1 min"),
        (2_220, "37 min"),
        (7_200, "2.0 h"),
    ],
)
def test_a_length_of_time_has_two_or_three_digits(seconds, said):
    assert duration(seconds) == said
