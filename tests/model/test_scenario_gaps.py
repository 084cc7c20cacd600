"""Gaps of a covenant: each is named once, by its key, and goes away when it is filled."""

import msgspec
import pytest

from commandlog.model.covenant import Alarm, Category, Contact, Covenant, Deadline, Party, Place, Role, Unit
from commandlog.model.gaps import gaps
from commandlog.model.scenario import load

CONCERT = load("concert")


def keys(**changed: object) -> list[str]:
    return [key for key, _problem in gaps(msgspec.structs.replace(CONCERT, **changed))]


def first(ones: tuple[object, ...], one: object) -> tuple[object, ...]:
    return (one, *ones[1:])


def changed(one: object, **fields: object) -> object:
    return msgspec.structs.replace(one, **fields)  # type: ignore[type-var]


def test_the_concert_has_none() -> None:
    assert keys() == []


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"evaluation_due": ""}, "evaluation_due"),
        ({"retention_days": 0}, "retention_days"),
        ({"phases": ()}, "phases"),
        ({"ladders": ()}, "ladders"),
        ({"parties": first(CONCERT.parties, changed(CONCERT.parties[0], contacts=()))}, "parties[0].contacts"),
        (
            {"parties": first(CONCERT.parties, changed(CONCERT.parties[0], contacts=(Contact("X"),)))},
            "parties[0].contacts[0]",
        ),
        ({"units": first(CONCERT.units, changed(CONCERT.units[0], channel=""))}, "units[0].channel"),
        ({"mandates": tuple(one for one in CONCERT.mandates if one.role != "camera")}, "roles[8]"),
        ({"places": (*CONCERT.places, Place("moon", "Moon"))}, "places[58].lead"),
        ({"deadlines": tuple(one for one in CONCERT.deadlines if one.code != "assess")}, "categories[0].suspicion"),
        ({"alarms": (*CONCERT.alarms, Alarm("crowded", "Crowded", 0, "urgent", "Look."))}, "alarms"),
        ({"roles": first(CONCERT.roles, Role("operator", {"en": "Operator"}))}, "roles[0].name"),
        ({"categories": (*CONCERT.categories, Category("noise", "Rook"))}, "categories[15]"),
    ],
)
def test_what_is_missing_is_named(fields: dict[str, object], key: str) -> None:
    assert key in keys(**fields)


def test_a_category_that_no_unit_may_report() -> None:
    profilers = tuple(one for one in CONCERT.units if one.role == "profiler")
    named = keys(units=profilers)
    assert {one.code for n, one in enumerate(CONCERT.categories) if f"categories[{n}]" in named} == {
        "access",
        "technical",
        "weather",
        "information",
        "traffic",
        "vip",
        "lost-property",
    }


def test_deadlines_the_one_that_says_most_holds() -> None:
    found = Covenant(
        code="c",
        name="C",
        driver="p",
        answer_minutes=9,
        parties=(Party("p", "P", "public", "P"),),
        units=(Unit("A", "p"),),
        deadlines=(
            Deadline("assess", 10),
            Deadline("assess", 5, category="vehicle"),
            Deadline("assess", 2, priority="urgent"),
            Deadline("assess", 1, priority="urgent", category="vehicle"),
        ),
    )
    assert found.minutes("assess") == found.minutes("assess", "routine", "crowd") == 10
    assert found.minutes("assess", "", "vehicle") == 5
    assert found.minutes("assess", "urgent", "crowd") == 2
    assert found.minutes("assess", "urgent", "vehicle") == 1
    assert (found.minutes("answer"), found.minutes("review")) == (9, 0)


def test_a_pin_with_its_numbers_swapped_is_a_gap() -> None:
    def places(*pins: tuple[float, float]) -> tuple[Place, ...]:
        return tuple(Place(code=f"p{n}", name=f"P{n}", pin=pin) for n, pin in enumerate(pins))

    good = ((52.31, 4.94), (52.32, 4.93), (52.30, 4.95))
    assert [key for key in keys(places=places(*good, (4.94, 52.31))) if "pin" in key] == ["places[3].pin"]
    assert [key for key in keys(places=places(*good)) if "pin" in key] == []
    assert [key for key in keys(places=places((52.31, 4.94), (4.94, 52.31))) if "pin" in key] == []
