"""A short drill with every change; `python -m tests.faults.drill` is the long one."""

import pytest

from tests.faults.drill import CONTROLS, WAYS, drill


def test_what_was_said_to_be_copied_survives_the_loss_of_the_machine() -> None:
    tally = drill(7, len(WAYS))
    assert tally.wrong == []
    assert tally.runs == len(WAYS)
    assert tally.stored > tally.runs
    assert tally.lines > tally.runs


@pytest.mark.parametrize("way", list(CONTROLS))
def test_a_state_line_that_is_not_true_is_found_out(way: str) -> None:
    tally = drill(7, 2, (way,))
    assert any("it was said that" in text for text in tally.wrong)
