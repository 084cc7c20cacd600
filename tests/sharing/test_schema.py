"""The tables of an event on a real server: made, printed, migrated, told apart."""

from tests.sharing.conftest import Hosted


def test_an_event_is_made_safe(event: Hosted) -> None:
    assert event.event.lacking == ()
    with event.connect("P1") as police:
        assert police.execute("SELECT log_id, name FROM commandlog.about").fetchone() == (
            event.event.log_id,
            "Concert evening",
        )
