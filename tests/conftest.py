"""Fixtures for every test: settings of this test alone, an event with four parties, and a clock that obeys."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from commandlog.language import speaking
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.model.covenant import Covenant
from commandlog.verbs.events import open_event
from tests.events import Clock, concert

# `make test` is quick, and the same each time; COMMANDLOG_EXAMPLES=1000 searches longer, elsewhere each time
EXAMPLES = os.environ.get("COMMANDLOG_EXAMPLES", "")
settings.register_profile(
    "commandlog",
    deadline=None,
    max_examples=int(EXAMPLES or "20"),
    derandomize=not EXAMPLES,
    phases=set(Phase) - {Phase.explain},  # which has no end of its own, and takes minutes over a whole evening
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("commandlog")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep each test's settings and language to itself."""
    monkeypatch.setenv("COMMANDLOG_SETTINGS", str(tmp_path / "settings"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COMMANDLOG_LANG", "en")
    with speaking("en"):
        yield


@pytest.fixture
def covenant() -> Covenant:
    return concert()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def venue(tmp_path: Path, covenant: Covenant, clock: Clock) -> Iterator[Desk]:
    """The venue's desk, in a new log."""
    desk = open_event(tmp_path / "event.clog", covenant, settings_folder(), clock=clock)
    with desk.log:
        yield desk


@pytest.fixture
def police(venue: Desk) -> Desk:
    """The police's desk, in the same log."""
    return sit_down(venue.log, settings_folder(), "police")


@pytest.fixture
def baken(venue: Desk) -> Desk:
    """The desk of private security, in the same log."""
    return sit_down(venue.log, settings_folder(), "baken")
