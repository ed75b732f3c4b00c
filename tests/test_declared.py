"""Settings that are declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from seqchat.declared import Condition, Range, check, declarations, declared
from seqchat.errors import SeqchatError

Colour = Literal["red", "blue"]


@dataclass(frozen=True)
class Lamp:
    watts: int = declared(40, "Power.", Range(1, 1_000))
    warmth: float = declared(0.5, "Share of red.", Range(0, 1), conditions=(Condition("colour", ("red",)),))
    fade: float | None = declared(None, "Seconds until it is out.", Range(above=0), unit="seconds")
    colour: Colour = declared("red", "Colour.")
    name: str = declared("lamp", "Name.")
    dimmed: bool = declared(False, "Dimmed.", conditions=(Condition("watts", minimum=10),))
    hours: tuple[int, ...] = declared((1, 2), "When it is on.", Range(0, 23))
    serial: int = 0

    def __post_init__(self):
        check(self, of="A lamp's")


def test_a_declaration_is_read_from_the_type_and_the_metadata():
    assert list(declarations(Lamp)) == ["watts", "warmth", "fade", "colour", "name", "dimmed", "hours"]
    watts, fade, colour, hours = (declarations(Lamp)[name] for name in ("watts", "fade", "colour", "hours"))
    assert (watts.kind, watts.default, watts.help) == (int, 40, "Power.")
    assert (fade.kind, fade.optional, fade.unit) == (float, True, "seconds")
    assert (colour.kind, colour.choices) == (str, ("red", "blue"))
    assert (hours.kind, hours.many, hours.default) == (int, True, (1, 2))


@pytest.mark.parametrize(
    "values",
    [{}, {"watts": 1_000}, {"warmth": 1}, {"fade": 0.1}, {"fade": None}, {"colour": "blue"}, {"hours": (0,)}],
)
def test_accepted_values(values):
    Lamp(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"watts": 0}, "A lamp's watts must be a whole number from 1 to 1,000, not 0."),
        ({"watts": 2.0}, "A lamp's watts must be a whole number from 1 to 1,000, not 2.0."),
        ({"watts": True}, "A lamp's watts must be a whole number from 1 to 1,000, not True."),
        ({"watts": None}, "A lamp's watts must be a whole number from 1 to 1,000, not None."),
        ({"warmth": float("nan")}, "A lamp's warmth must be a number from 0 to 1, not nan."),
        ({"fade": 0}, "A lamp's fade must be a number greater than 0, not 0."),
        ({"fade": float("inf")}, "A lamp's fade must be a number greater than 0, not inf."),
        ({"colour": "green"}, "A lamp's colour must be one of red, blue, not 'green'."),
        ({"name": ""}, "A lamp's name must be a text that is not empty, not ''."),
        ({"dimmed": 1}, "A lamp's dimmed must be true or false, not 1."),
        ({"hours": (3, 24)}, "A lamp's hours must each be a whole number from 0 to 23, not 24."),
        ({"hours": ()}, "A lamp's hours must not be empty; give a whole number from 0 to 23, or several."),
    ],
)
def test_refused_values(values, message):
    with pytest.raises(SeqchatError) as error:
        Lamp(**values)
    assert str(error.value) == message


def test_conditions():
    warmth, dimmed = declarations(Lamp)["warmth"].conditions[0], declarations(Lamp)["dimmed"].conditions[0]
    assert warmth.holds({"colour": "red"})
    assert not warmth.holds({"colour": "blue"})
    assert dimmed.holds({"watts": 10})
    assert not dimmed.holds({"watts": 9})
    assert (str(warmth), str(dimmed)) == ("red", "10 or more")
