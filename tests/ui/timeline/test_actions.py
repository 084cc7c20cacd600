"""The table of actions: no key means two things in one place."""

from commandlog_ui.actions import ACTIONS


def test_no_key_is_used_twice_in_one_place() -> None:
    places = {one.where for one in ACTIONS} - {"", "list"}
    for place in places:
        keys = [key for one in ACTIONS if one.where in ("", "list", place) for key in one.keys]
        assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)
    assert len({one.id for one in ACTIONS}) == len(ACTIONS)
