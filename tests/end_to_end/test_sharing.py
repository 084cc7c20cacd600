"""A shared log from an empty folder, by the command line alone: share, keep, two desks, one timeline."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest

from commandlog.cli import BAD_INPUT, DONE, NO
from tests.sharing.keyring_file import FileKeyring
from tests.sharing.machines import Machine, after, until
from tests.sharing.servers import PASSWORD, Server, programs


@pytest.fixture(autouse=True)
def _keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    made: dict[str, Machine] = {}

    def of(name: str) -> Machine:
        return made.setdefault(name, Machine(tmp_path / name))

    yield of
    for machine in made.values():
        machine.ends()


@pytest.fixture
def dsn() -> Iterator[str]:
    server = Server(max(programs()))
    yield f"postgresql://postgres:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{server.port}"
    server.close()


def test_from_an_empty_folder_to_two_desks_on_one_timeline(machines: Callable[[str], Machine], dsn: str) -> None:
    venue, police, office = machines("venue"), machines("police"), machines("office")
    venue.does("new", "evening.clog", "--scenario", "concert")
    venue.does("report", "evening.clog", "Oog 2: man filmt poort F")
    venue.does("report", "evening.clog", "Oog 2: alleen voor ons @stadion @baken")
    asked = venue.does("share", "evening.clog", "--server", dsn, code=BAD_INPUT)
    assert "Police" in asked
    assert "say --yes to share it" in asked
    told = venue.does("share", "evening.clog", "--server", dsn, "--yes")
    keeper, admin = after("keep --server", told), after("invite --server", told).removesuffix(" PARTY")
    assert PASSWORD not in told
    office.environment["PGPASSWORD"] = PASSWORD

    # the program that puts in order runs where its login's password is
    venue.starts("keep", "--server", keeper, "--json")
    invited = office.does("invite", "--server", admin, "brandwacht", code=BAD_INPUT)
    assert "no party “brandwacht”" in invited
    invited = office.does("invite", "--server", admin, "Police", "--for", "Piet")
    assert "desk P1 of Police, Piet" in invited
    joined = police.does("join", "-", "police.clog", said=f"Hoi Piet!\n{invited}\nGroet")
    assert "police.clog is desk P1 of Police" in joined

    venue.starts("follow", "evening.clog", "--json")
    police.starts("follow", "police.clog", "--json")
    until(lambda: "joined" in (police.folder / "follow.out").read_text())
    police.does("report", "police.clog", "Eenheid 11: onderweg naar poort F")
    until(lambda: "onderweg naar poort F" in venue.does("timeline", "evening.clog"))
    venue.does("ask", "evening.clog", "police", "ga kijken bij poort F")
    until(lambda: "ga kijken" in police.does("tasks", "police.clog"))
    reference = json.loads(police.does("tasks", "police.clog", "--json"))[0]["reference"]
    police.does("accept", "police.clog", reference)
    until(lambda: "accepted" in venue.does("tasks", "evening.clog"))
    assert "alleen voor ons" not in police.does("timeline", "police.clog")
    assert "alleen voor ons" in venue.does("timeline", "evening.clog")
    assert "sit" not in police.does("report", "police.clog", "x", "--party", "venue", code=BAD_INPUT)

    status = json.loads(police.does("status", "police.clog", "--json"))["shared"]
    assert (status["desk"], status["party"]) == ("P1", "police")
    until(lambda: '{"desk":"V1","party":"venue","here":true' in (police.folder / "follow.out").read_text())
    assert "LOG1 puts it in order" in venue.does("keep", "--status", "--server", keeper)

    assert venue.ends() == [DONE, DONE]
    assert police.ends() == [DONE]
    told = police.does("report", "police.clog", "geschreven zonder lijn")
    assert "[stored here]" in told
    assert "not yet in the shared log" in told
    told = police.does("status", "police.clog")
    assert "not followed now" in told
    assert "V1 (venue): here" in told.partition("As it was last seen")[2]
    venue.starts("keep", "--server", keeper)
    police.does("follow", "police.clog", "--once")
    assert "[stored here]" not in police.does("timeline", "police.clog")
    venue.does("follow", "evening.clog", "--once")
    assert "geschreven zonder lijn" in venue.does("timeline", "evening.clog")
    for machine, file in ((venue, "evening.clog"), (police, "police.clog")):
        machine.does("verify", file, "--deep")

    office.does("revoke", "--server", admin, "P1")
    police.does("report", "police.clog", "blijft hier")
    assert "may no longer take part" in police.does("follow", "police.clog", "--once", code=NO)
    assert "blijft hier" in police.does("timeline", "police.clog")
    assert "may no longer take part" in police.does("report", "police.clog", "ook dit blijft hier")
    assert police.does("status", "police.clog", code=NO).count("may no longer take part") == 1
