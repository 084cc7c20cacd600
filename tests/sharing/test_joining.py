"""Invitations as they travel, what joining does with one, and what it leaves behind where it cannot."""

import base64
import random
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import keyring
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backends.fail import Keyring as NoKeyring
from msgspec.structs import replace

from commandlog.log.backup import backup
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.member import Member
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError, Unavailable
from commandlog.sharing.address import Address, address_in
from commandlog.sharing.joining import inviting, passwords
from commandlog.sharing.joining.invitation import Invitation, decode, encode, ends, file_name
from commandlog.sharing.joining.joining import join, write
from commandlog.sharing.joining.past import preview
from commandlog.sharing.joining.share import Made, check, share
from commandlog.sharing.keeper.statements import head as past_head
from commandlog.sharing.link import connect
from commandlog.sharing.server.server import revoke
from commandlog.sharing.settings import Settings, Shared
from commandlog.verbs.attaching import attach
from commandlog.verbs.closing import close as stand_down
from commandlog.verbs.events import open_event
from commandlog.verbs.saying import note
from tests.events import concert
from tests.files import picture
from tests.sharing.conftest import Hosted, drop
from tests.sharing.keyring_file import FileKeyring
from tests.sharing.servers import free_port

INVITATION = Invitation(
    version=1,
    name="Concertavond “De Dijk”",
    log_id="0198" * 8,
    address=Address("log.example.org", 5432, "commandlog_1a2b3c4d", "cl_1a2b3c4d_p2", "verify", "a certificate"),
    party="police",
    desk="P2",
    password="once-only",  # noqa: S106
    keeper_key="ab" * 32,
    until=1_782_576_000_000,
    party_name="Politie",
)


def test_until_when_it_holds_is_said_in_the_time_of_the_event() -> None:
    assert ends(replace(INVITATION, timezone="Europe/Amsterdam")) == "2026-06-27 18:00 CEST"
    assert ends(replace(INVITATION, timezone="America/New_York")) == "2026-06-27 12:00 EDT"
    assert ends(replace(INVITATION, timezone="../../etc/passwd")) == ends(INVITATION)
    assert ends(replace(INVITATION, until=0)) == ""


# -- as it travels ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "through",
    [
        str,
        str.lower,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", " "),
        lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
        lambda text: text.replace(" ", "\u00a0").replace("\n", "\u200b\n\n"),
        lambda text: f"Hoi Piet, hierbij:\n\n{text}\nGroet, Anna (0612345678)",
        lambda text: f"```\n{text}```",
    ],
)
def test_a_code_survives_what_mail_and_chat_do_to_it(through: Callable[[str], str]) -> None:
    assert decode(through(encode(INVITATION))) == INVITATION


@given(seed=st.integers(0, 2**32))
def test_a_code_that_did_not_come_whole_is_refused_in_words(seed: int) -> None:
    chance = random.Random(seed)
    mark, code = encode(INVITATION).split("\n", 1)
    at = chance.randrange(len(code) - 1)
    if chance.random() < 0.5:
        broken = code[:at]
    else:
        other = chance.choice([one for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if one != code[at]])
        broken = code[:at] + other + code[at + 1 :]
    try:
        found = decode(f"{mark}\n{broken}")
    except RuleError as error:
        assert "did not come whole" in str(error)
    else:
        assert found == INVITATION  # what was changed or lost is one of the spaces, or behind the end


def _code(said: object) -> str:
    """Return a code of anything, with a check sum that is right."""
    held = zlib.compress(msgspec.msgpack.encode(said))
    whole = len(held).to_bytes(2, "big") + sha256(held).digest()[:4] + held
    return "CLOG1:" + base64.b32encode(whole).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"desk": "../../x"},
        {"desk": ""},
        {"log_id": "x"},
        {"keeper_key": "00"},
        {"name": "two\nlines"},
        {"more": 1},
        {"version": 2},
        {"address": {"host": "h\x00", "port": 5432, "database": "d", "login": "l"}},
        {"address": {"host": "h", "port": 99999, "database": "d", "login": "l"}},
        {"address": {"host": "h", "port": 1, "database": "d", "login": "l", "key": "/etc/passwd", "certificate": "x"}},
        {"address": {"host": "h", "port": 1, "database": "d", "login": "l", "tls": "none"}},
        {"name": "x" * 100_000},
    ],
)
def test_a_code_that_means_harm_is_refused_in_words(change: dict[str, object]) -> None:
    good = msgspec.to_builtins(INVITATION)
    assert decode(_code(good)) == INVITATION
    with pytest.raises(RuleError):
        decode(_code({**good, **change}))


def test_a_code_that_swells_is_not_unpacked() -> None:
    with pytest.raises(RuleError, match="whole"):
        decode(_code({**msgspec.to_builtins(INVITATION), "party_name": "x" * (40 << 20)}))


def test_a_file_is_named_after_party_and_desk_and_is_nobody_elses(tmp_path: Path) -> None:
    assert file_name(replace(INVITATION, party="../politie")) == "-politie-P2.commandlog-invitation"
    file = tmp_path / file_name(INVITATION)
    write(file, encode(INVITATION))
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(RuleError, match="already"):
        write(file, "")


def test_a_connection_string_becomes_an_address(tmp_path: Path) -> None:
    assert address_in("postgresql://a@127.0.0.1:5433/d", "l").tls == "local"
    public = address_in("host=/run/postgresql dbname=d", "l", at="[2001:db8::1]:5440")
    assert (public.host, public.port, public.database, public.tls) == ("2001:db8::1", 5440, "d", "verify")
    assert address_in("host=10.0.0.1 dbname=d", "l", at="log.example.org").host == "log.example.org"
    ca = tmp_path / "ca.crt"
    ca.write_text("PEM")
    with_ca = address_in(f"host=127.0.0.1 dbname=d sslrootcert={ca}", "l")
    assert (with_ca.tls, with_ca.ca_pem) == ("verify", "PEM")
    with pytest.raises(RuleError, match="no port"):
        address_in("host=h", "l", at="h:many")
    with pytest.raises(RuleError, match="cannot be read"):
        address_in(f"host=h sslrootcert={tmp_path / 'none'}", "l")


# -- what a machine keeps ---------------------------------------------------------------------------------------------


def test_where_a_shared_log_is_is_kept_for_its_user_alone(tmp_path: Path) -> None:
    known = Settings(tmp_path, b"\x01" * 16, "P2")
    with pytest.raises(Unavailable, match="new invitation"):
        known.shared()
    shared = Shared("Concert", Member("police", "P2"), INVITATION.address, "ab" * 32)
    known.keep(shared)
    assert Settings(tmp_path, b"\x01" * 16, "P2").shared() == shared
    assert {path.stat().st_mode & 0o077 for path in known.folder.iterdir()} == {0}
    known.remember(INVITATION)
    assert known.remembered(Invitation) == INVITATION
    next(known.folder.glob("*.state")).write_text("{")
    assert known.remembered(Invitation) is None
    known.end()
    assert list(known.folder.iterdir()) == []


def test_a_password_is_the_keyrings_or_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    address = INVITATION.address
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.delenv("PGPASSFILE", raising=False)
    asked = list[str]()

    def ask(question: str) -> str:
        asked.append(question)
        return "typed"

    assert not passwords.keep(address, "x") or passwords.stored(address) == "x"
    passwords.forget(address)
    assert passwords.find(address, ask) == "typed"
    assert "cl_1a2b3c4d_p2@log.example.org" in asked[0]
    monkeypatch.setenv("PGPASSWORD", "libpq's own")
    assert passwords.find(address, ask) == ""
    assert passwords.find(replace(address, certificate="c", key="k"), ask) == ""
    assert len(asked) == 1


# -- joining ----------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _keyring() -> Iterator[None]:
    """Keep passwords in a file of the test's settings."""
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield
    keyring.set_keyring(before)


class Evening(NamedTuple):
    """A log that was shared: its file, and how an administrator connects."""

    file: Path
    made: Made
    dsn: str

    def invites(self, party: str = "police", **how: float) -> Invitation:
        with connect(self.dsn, role="admin") as admin:
            return inviting.invite(admin, self.dsn, party, **how)  # type: ignore[arg-type]


@pytest.fixture
def evening(tmp_path: Path, admin_dsn: str) -> Iterator[Evening]:
    """The venue's log with two entries, one of them for the venue alone, shared as it stands."""
    desk = open_event(tmp_path / "venue.clog", concert(), settings_folder())
    with desk.log:
        note(desk, "for everybody")
        note(desk, "for the venue", audience=("venue",))
        made = share(desk, admin_dsn, settings_folder())
    yield Evening(desk.path, made, made.event.dsn)
    drop(Hosted(made.event, connect(made.event.dsn, role="admin"), made.keeper, {}, {}), admin_dsn)


def test_a_desk_joins_with_what_its_party_may_read(evening: Evening, tmp_path: Path) -> None:
    invitation = evening.invites()
    assert (invitation.desk, invitation.party_name, invitation.name) == ("P1", "Police", "Concertavond")
    file, settings = tmp_path / "police.clog", tmp_path / "police"
    seen = list[int]()
    join(decode(encode(invitation)), file, settings, progress=seen.append)
    with Log(evening.file) as venue, Log(file) as police:
        assert police.member == Member("police", "P1")
        assert police.id == venue.id
        assert police.head == venue.head
        assert police.tip > police.head.seq  # it has opened itself, and waits for its place
        query = "SELECT r.seq, r.hash, words IS NULL FROM records r WHERE seq <= ? ORDER BY seq"
        there, here = (log.db.execute(query, (venue.head.seq,)).fetchall() for log in (venue, police))
        assert [row[:2] for row in here] == [row[:2] for row in there]
        assert [row[0] for row in here if row[2]] == [venue.head.seq]
        assert sit_down(police, settings, "police").code == "P1"
    assert verify(file).holds
    kept = Settings(settings, venue.id, "P1").shared()
    assert kept.address == invitation.address
    assert passwords.stored(kept.address) not in ("", invitation.password)


def test_an_invitation_works_once(evening: Evening, tmp_path: Path) -> None:
    invitation = evening.invites()
    join(invitation, tmp_path / "one.clog", tmp_path / "one")
    passwords.forget(invitation.address)  # another machine does not have it
    with pytest.raises(RuleError, match="somebody has joined with it, or it was withdrawn"):
        join(invitation, tmp_path / "two.clog", tmp_path / "two")
    assert not (tmp_path / "two.clog").exists()


def test_whoever_was_cut_short_joins_again_with_the_same_invitation(evening: Evening, tmp_path: Path) -> None:
    invitation = evening.invites()
    file, settings = tmp_path / "police.clog", tmp_path / "police"
    settings.write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        join(invitation, file, settings)
    assert not file.exists()
    assert passwords.stored(invitation.address)
    settings.unlink()
    join(invitation, file, settings)
    assert verify(file).holds


def test_without_a_keyring_a_person_chooses_the_password(
    evening: Evening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    invitation, file = evening.invites(), tmp_path / "police.clog"
    for ask, told in ((None, "no keyring"), (lambda _question: "short", "8 characters")):
        with pytest.raises(RuleError, match=told):
            join(invitation, file, tmp_path / "police", ask)
        assert not file.exists()
    join(invitation, file, tmp_path / "police", lambda _question: "chosen by me")
    connect(invitation.address, "chosen by me").close()


def test_an_invitation_that_has_run_out_or_was_withdrawn_is_told(evening: Evening, tmp_path: Path) -> None:
    late = evening.invites(hours=-1)
    with pytest.raises(RuleError, match="has run out"):
        join(late, tmp_path / "police.clog", tmp_path / "police")
    with pytest.raises(RuleError, match="has run out"):  # also where this machine's clock says otherwise
        join(replace(late, until=0), tmp_path / "police.clog", tmp_path / "police")
    withdrawn = evening.invites("baken")
    with connect(evening.dsn, role="admin") as admin:
        revoke(admin, withdrawn.desk)
    with pytest.raises(RuleError, match="withdrawn"):
        join(withdrawn, tmp_path / "baken.clog", tmp_path / "baken")
    nobody = replace(withdrawn, address=replace(withdrawn.address, port=free_port()))
    with pytest.raises(Unavailable, match="no connection"):
        join(nobody, tmp_path / "baken.clog", tmp_path / "baken")
    with pytest.raises(RuleError, match="already"):
        join(withdrawn, evening.file, tmp_path / "baken")
    assert sorted(path.name for path in tmp_path.glob("*.clog")) == ["venue.clog"]


def test_codes_of_desks_go_on_behind_those_of_the_past(evening: Evening) -> None:
    assert [evening.invites("Stadion De Dijk").desk, evening.invites("VENUE").desk] == ["V2", "V3"]
    with pytest.raises(RuleError, match="no party “nobody”"):
        evening.invites("nobody")


# -- sharing ----------------------------------------------------------------------------------------------------------


def test_a_shared_log_is_what_the_file_was(evening: Evening) -> None:
    with Log(evening.file) as log, connect(evening.dsn, role="admin") as admin:
        assert log.member == Member("venue", "V1")
        chain = admin.execute("SELECT seq, header, hash FROM commandlog.chain ORDER BY seq").fetchall()
        assert chain == log.db.execute("SELECT seq, header, hash FROM records ORDER BY seq").fetchall()
        readers = [row[0] for row in admin.execute("SELECT readers FROM commandlog.parts ORDER BY seq")]
        assert readers == [["*"], ["*"], ["*"], ["*"], ["venue"]]
        with pytest.raises(RuleError, match="already"):
            check(log)


def test_sharing_that_was_cut_short_goes_on(tmp_path: Path, admin_dsn: str) -> None:
    desk = open_event(tmp_path / "venue.clog", concert(), settings_folder())
    with desk.log as log:
        note(desk, "one")
        copy = tmp_path / "before.clog"
        log.db.execute("VACUUM INTO ?", (str(copy),))
        made = share(desk, admin_dsn, settings_folder())
    try:
        with Log(copy) as log:  # as if the power had failed between the server's commit and the file's
            again = sit_down(log, settings_folder(), "venue")
            note(again, "two")
            assert share(again, admin_dsn, settings_folder()).member == Member("venue", "V1")
            head = log.head
        with connect(made.event.dsn, role="admin") as admin:
            assert past_head(admin) == (head.seq, head.hash)
        with Log(tmp_path / "venue.clog") as log:
            log.db.execute("DELETE FROM meta WHERE key = 'member'")
        with Log(tmp_path / "venue.clog") as log, pytest.raises(Damaged, match="shared before"):
            share(sit_down(log, settings_folder(), "venue"), admin_dsn, settings_folder())
    finally:
        drop(Hosted(made.event, connect(made.event.dsn, role="admin"), made.keeper, {}, {}), admin_dsn)


def test_each_party_is_shown_what_it_will_receive(tmp_path: Path, venue: Desk) -> None:
    note(venue, "for all")
    note(venue, "for the venue", audience=("venue",))
    secret = note(venue, "for two", audience=("venue", "police"))
    attach(venue, secret.seq, picture("PNG"))
    views = {one.party: one[1:] for one in preview(venue.log)}
    assert views["venue"] == (4, 0, 1)
    assert views["police"] == (3, 1, 1)
    assert views["aid"] == (1, 3, 0)


def test_what_cannot_be_shared_is_said(tmp_path: Path, venue: Desk) -> None:
    check(venue.log)
    stand_down(venue)
    with pytest.raises(RuleError, match="--fresh"):
        check(venue.log)
    made = backup(venue.log, tmp_path, None)
    with Log(made.path) as copy, pytest.raises(RuleError, match="backup of"):
        check(copy)
