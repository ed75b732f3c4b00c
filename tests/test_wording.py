import math

import pytest

from seqchat.wording import counted, duration, log_probability, percentage, probability, ratio


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


@pytest.mark.parametrize(
    ("share", "text"),
    [(1, "100%"), (0.413, "41%"), (0.0996, "10%"), (0.0994, "9.9%"), (0.003, "0.3%"), (0.0004, "<0.1%"), (0, "<0.1%")],
)
def test_probabilities_are_short_and_never_nought(share, text):
    assert probability(share) == text


@pytest.mark.parametrize(("log_prob", "text"), [(-0.1, "90%"), (-6, "0.2%"), (-20, "10⁻⁹"), (-2_000, "10⁻⁸⁶⁹")])
def test_tiny_probabilities_are_powers_of_ten(log_prob, text):
    assert log_probability(log_prob) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1, 1, "100.0%"),
        (0.00096, 1, "0.1%"),
        (0.0009, 1, "9e-4"),
        (3e-12, 1, "3e-12"),
        (250, 1, "2e2"),
        (0, 1, "0"),
        (math.inf, 1, "inf"),
        (0.01, 0, "1%"),
        (0.001, 0, "1e-3"),
    ],
)
def test_ratios_keep_a_digit_at_every_order_of_magnitude(value, decimals, text):
    assert ratio(value, decimals) == text


def test_a_percentage_that_is_not_a_number_is_a_dash():
    assert [percentage(0.4126), percentage(0.4126, 0), percentage(math.nan)] == ["41.3%", "41%", "–"]
