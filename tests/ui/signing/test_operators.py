"""PINs: hashed, throttled, also over a restart."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher
from commandlog_ui.signing import operators
from commandlog_ui.signing.operators import Operators

from commandlog.log.keys import settings_folder
from commandlog.model.errors import RuleError


class Seconds:
    """A clock that stands still until it is moved on."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def quick(clock: Seconds) -> Operators:
    """Return operators whose hashes cost next to nothing."""
    return Operators(clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


def test_a_pin_is_kept_as_a_hash_alone(clock: Seconds) -> None:
    Operators(clock).enrol("venue", " Marloes Veenstra ", "280651")
    text = (settings_folder() / operators.FILE).read_text("utf-8")
    assert "280651" not in text
    assert "$argon2id$" in text
    assert operators.names("venue") == ["Marloes Veenstra"]
    assert operators.names("police") == []
    assert Operators(clock).check("venue", "marloes veenstra", "280651") == "Marloes Veenstra"


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣٤", "12 34"])
def test_a_pin_has_four_to_eight_figures(clock: Seconds, pin: str) -> None:
    with pytest.raises(RuleError, match="4 to 8 figures"):
        quick(clock).enrol("venue", "Marloes", pin)
    assert operators.names("venue") == []


def test_a_name_gets_one_pin(clock: Seconds) -> None:
    quick(clock).enrol("venue", "Marloes", "1234")
    with pytest.raises(RuleError, match="already"):
        quick(clock).enrol("venue", "MARLOES", "4321")
    quick(clock).enrol("police", "Marloes", "4321")
    with pytest.raises(RuleError, match="no PIN here yet"):
        quick(clock).check("venue", "Karin", "1234")


def test_wrong_pins_make_one_wait_up_to_half_a_minute_also_after_a_restart(clock: Seconds) -> None:
    quick(clock).enrol("venue", "Marloes", "1234")
    quick(clock).enrol("venue", "Karin", "1234")
    waited = []
    for _try in range(7):
        with pytest.raises(RuleError, match="wrong"):
            quick(clock).check("venue", "Marloes", "0000")
        (found,) = [one for one in operators.read() if one.name == "Marloes"]
        waited.append(found.waits(clock.now))
        with pytest.raises(RuleError, match="Wait"):
            quick(clock).check("venue", "Marloes", "1234")  # the right one has to wait as well: another program
        assert quick(clock).check("venue", "Karin", "1234") == "Karin"
        clock.now += waited[-1]
    assert waited == [1, 2, 5, 10, 30, 30, 30]
    assert quick(clock).check("venue", "Marloes", "1234") == "Marloes"
    assert operators.read()[0].wrong == 0


def test_a_clock_that_is_set_back_keeps_nobody_out(clock: Seconds) -> None:
    quick(clock).enrol("venue", "Marloes", "1234")
    with pytest.raises(RuleError, match="wrong"):
        quick(clock).check("venue", "Marloes", "0000")
    clock.now -= 86_400
    assert operators.read()[0].waits(clock.now) <= 1


def test_a_damaged_list_is_kept_beside(clock: Seconds) -> None:
    file: Path = settings_folder() / operators.FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{", "utf-8")
    assert operators.read() == []
    assert file.with_name("operators.json.damaged").read_text("utf-8") == "{"
    quick(clock).enrol("venue", "Marloes", "1234")
    assert operators.names("venue") == ["Marloes"]
