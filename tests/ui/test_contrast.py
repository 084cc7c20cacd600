"""Every text can be read on every ground that it stands on, in both looks (WCAG 2.2, 1.4.3 and 1.4.6)."""

from itertools import product

import pytest
from commandlog_ui.theme import LOOKS, Theme
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

TEXTS = (
    *("text", "muted", "struck", "accent", "routine", "elevated", "urgent", "emergency"),
    *("good", "waiting", "late", "mark"),
)
TIMELINE = ("ground", "selection")
OTHERS = ("raised", "sunken")


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    light = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


@pytest.mark.parametrize("look", LOOKS)
def test_every_text_can_be_read(qapp: QApplication, look: str) -> None:
    theme = Theme(look, 100)
    poor = [
        (text, ground, round(found, 2))
        for grounds, least in ((TIMELINE, 7.0), (OTHERS, 4.5))
        for text, ground in product(TEXTS, grounds)
        if (found := contrast(theme.colour(text), theme.colour(ground))) < least
    ]
    assert poor == []
    assert contrast(theme.colour("selected-text"), theme.colour("selection")) >= 7


@pytest.mark.parametrize("look", LOOKS)
def test_a_partys_letter_can_be_read_on_its_colour(qapp: QApplication, look: str) -> None:
    theme = Theme(look, 100)
    pairs = [theme.party(number) for number in range(8)]
    assert [(ground.name(), ink.name()) for ground, ink in pairs if contrast(ground, ink) < 4.5] == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_focus_is_seen_on_every_ground(qapp: QApplication, look: str) -> None:
    theme = Theme(look, 100)
    grounds = (*TIMELINE, *OTHERS)
    assert [one for one in grounds if contrast(theme.colour("focus"), theme.colour(one)) < 3] == []
