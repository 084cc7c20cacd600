"""The demo evening, from the command line to its documents: every beat is there, and the log holds."""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pypdf
import pytest

from commandlog.cli import BAD_INPUT, DONE, NO, main
from commandlog.demo import tell
from commandlog.language import speaking
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.records import Opened, Record, kind_of
from commandlog.views import agreements, board, counts, crowd, disclosure, moments, open_items, timeline, units
from commandlog.views.board import TaskLine
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import Moment
from commandlog.views.open_items import OpenItems

BEATS = [
    ("15:30", "De Loods afwezig"),
    ("16:10", "TLP:AMBER · Informatiebericht: geen concrete dreiging; let op verkenning"),
    ("16:14", "extra tascontroles"),
    ("17:00", "Deuren open"),
    ("17:25", "70 %: oranje"),
    ("17:40", "man filmt camera's poort F, grote rugzak"),
    ("17:42", "Graag een eenheid naar poort F"),
    ("17:43", "geen eenheid vrij"),
    ("17:44", "aanspreken als gastheer, niet fouilleren"),
    ("17:44", "Service 3 loopt erheen"),
    ("17:51", "Vlogger, loos alarm"),
    ("17:51", "Oog 2: vlogger met statief, loos alarm"),
    ("18:20", "kind vermist"),
    ("18:21", "Actiekaart vermist kind"),
    ("18:34", "Gevonden door Service 5"),
    ("18:50", "burgemeester met zes gasten"),
    ("19:15", "trap west glad"),
    ("19:15", "medisch, trap west"),
    ("20:00", "De Loods sluit aan"),
    ("20:00", "van 3.000 kaarten"),
    ("20:22", "Aanvang tien minuten later"),
    ("20:40", "tien minuten later dan gepland"),
    ("20:48", "geen gehoor"),
    ("20:50", "weer op kanaal 3"),
    ("21:03", "medisch, vak 121"),
    ("21:12", "Onbeheerde tas vak 118"),
    ("21:14", "Niveau De Dijk: oranje"),
    ("21:17", "Niet ontruimen, ruimte maken"),
    ("21:24", "pas om 21:24 bevestigd"),
    ("21:26", "Eigenaar terecht, afschalen"),
    ("21:40", "Netwerk in de commandokamer weg"),
    ("21:42", "tijdens de storing per portofoon aangenomen"),
    ("21:43", "Ook De Dijk heeft het dranghek"),
    ("21:48", "Baken voert uit"),
    ("22:03", "Sanne de Wit uit vak 109"),
    ("22:05", "naam en toestand van een patiënt horen niet bij alle partijen"),
    ("22:05", "Bericht van 22:03 is ingetrokken"),
    ("22:18", "kenteken XX-000-X"),
    ("22:20", "Wet politiegegevens, art. 19"),
    ("22:35", "Poort G dicht tot perron vrij"),
    ("22:50", "trap west 90 %, ik houd ze vast"),
    ("22:50", "Werkplek van de politie is leeg"),
    ("23:40", "groen"),
    ("00:15", "Wat moet anders?"),
    ("00:24", "Einde inzet"),
    ("09:00", "Persvraag"),
    ("09:08", "De gegevens van het kind worden gewist"),
    ("09:08", "art. 5 lid 1 onder c en e, besluit van 09:08"),
]


class Told(NamedTuple):
    """The evening as it was told: its folder, the exit code and what was printed."""

    folder: Path
    code: int
    printed: str

    @property
    def file(self) -> str:
        return str(self.folder / "demo.clog")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Run `commandlog demo` once."""
    base = tmp_path_factory.mktemp("evening")
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as machine, speaking("en"), redirect_stdout(printed):
        machine.setenv("COMMANDLOG_SETTINGS", str(base / "settings"))
        machine.setenv("COMMANDLOG_LANG", "nl")
        code = main(["demo", "--no-window", str(base / "demo")])
    yield Told(base / "demo", code, printed.getvalue())


@pytest.fixture
def log(told: Told) -> Iterator[Log]:
    with Log(told.folder / "demo.clog") as log:
        yield log


@pytest.fixture
def records(log: Log) -> list[Record]:
    return list(log.records())


def lines(log: Log, *, reader: str = "", as_of: str = "") -> list[Line]:
    moment = moments.earlier(log, as_of) if as_of else moments.live(log)
    return list(timeline.whole(log, moment, Filter(reader=reader)))


def at(log: Log, line: Line) -> str:
    return f"{moments.local(line.occurred_at, moments.zone_of(log)):%H:%M}"


def said(found: list[Line], words: str) -> list[Line]:
    return [line for line in found if words in line.text]


def one_said(found: list[Line], words: str) -> Line:
    (line,) = said(found, words)
    return line


def task(log: Log, words: str) -> TaskLine:
    (found,) = [one for one in board.tasks(log, moments.live(log)) if words in one.text]
    return found


# what is left behind


def test_it_says_what_it_made_and_what_to_try(told: Told) -> None:
    assert told.code == DONE
    for name in ("demo.clog", "demo.pdf", "demo.xlsx"):
        assert str(told.folder / name) in told.printed
    for command in ("timeline", "--as-of", "21:14", "--search", "tasks", "open-items", "verify"):
        assert command in told.printed


def test_the_folder_holds_the_log_and_two_documents_and_nothing_half_done(told: Told) -> None:
    names = {path.name for path in told.folder.iterdir()}
    assert {"demo.clog", "demo.pdf", "demo.xlsx"} <= names <= {"demo.clog", "demo.clog.lock", "demo.pdf", "demo.xlsx"}


def test_the_pdf_tells_the_evening(told: Told) -> None:
    pages = pypdf.PdfReader(told.folder / "demo.pdf").pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert len(pages) >= 5
    assert "Oog 2" in text
    assert "ruimte maken" in text


def test_the_workbook_tells_the_evening(told: Told) -> None:
    book = openpyxl.load_workbook(told.folder / "demo.xlsx", read_only=True)
    cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    book.close()
    assert any("Onbeheerde tas vak 118" in cell for cell in cells)
    assert len(cells) > 2_000


def test_a_second_evening_in_the_same_folder_is_refused_in_one_line(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in told.folder.iterdir()}
    assert main(["demo", str(told.folder)]) == BAD_INPUT
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert str(told.folder) in printed.err
    assert "choose another folder" in printed.err
    assert {path.name: path.read_bytes() for path in told.folder.iterdir()} == before


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("mine", "utf-8")
    assert main(["demo", str(tmp_path / "taken")]) == BAD_INPUT
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "taken").read_text("utf-8") == "mine"


def test_a_telling_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(done: int, total: int) -> None:
        if done * 2 > total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell(tmp_path, tmp_path / "settings", stop)
    assert [path.name for path in tmp_path.iterdir()] == ["settings"]


def test_it_reads_the_same_at_every_telling(told: Told, records: list[Record], tmp_path: Path) -> None:
    desk = tell(tmp_path, tmp_path / "settings")
    with desk.log as again:
        other = [_without_ids(record) for record in again.records()]
    assert [_without_ids(record) for record in records if kind_of(record.frame) != "exported"] == other


def _without_ids(record: Record) -> tuple[object, ...]:
    f = record.frame
    return (record.seq, record.kept_at, kind_of(f), f.by.desk, f.number, f.occurred_at, f.source, f.place, record.words)


# the log as a whole


def test_there_are_some_three_hundred_and_fifty_records(records: list[Record]) -> None:
    assert 300 <= len(records) <= 380


def test_it_is_marked_as_an_exercise(records: list[Record]) -> None:
    first = next(record.frame for record in records if isinstance(record.frame, Opened))
    assert first.exercise
    assert any(record.words and "OEFENING" in record.words.text for record in records)


def test_times_are_those_of_the_evening(log: Log, records: list[Record]) -> None:
    zone = moments.zone_of(log)
    assert f"{moments.local(records[0].kept_at, zone):%Y-%m-%d %H:%M}" == "2026-06-27 15:00"
    assert f"{moments.local(records[-1].kept_at, zone):%Y-%m-%d %H:%M}" == "2026-06-28 09:10"
    assert all(record.frame.occurred_at <= record.frame.logged_at == record.kept_at for record in records)
    assert any(record.frame.occurred_at < record.frame.logged_at - 300_000 for record in records)
    assert any(record.frame.heard_at for record in records)


def test_it_holds_deep(told: Told) -> None:
    verdict = verify(told.folder / "demo.clog", deep=True)
    assert verdict.holds, verdict.fault


def test_nothing_waits_that_should_not(log: Log) -> None:
    items = open_items.open_items(log, moments.live(log))
    assert (items.to_assess, items.to_affirm, items.levels, items.conflicts) == ([], [], [], [])


def test_what_is_left_open_is_named_at_the_stand_down(log: Log) -> None:
    items = open_items.open_items(log, moments.live(log))
    note = one_said(lines(log), "Blijft open, met wie het overneemt")
    named = {"dranghek", "antislip", "trouwring"}
    assert {word for word in named for text in _texts(items) if word in text} == named
    assert len(_texts(items)) == len(named)
    assert all(word in note.text for word in named)


def _texts(items: OpenItems) -> list[str]:
    return [one.text for one in items.tasks] + [line.text for line in items.to_close]


def test_the_traffic_is_varied_and_priorities_are_rare(log: Log) -> None:
    found = counts.counts(log, moments.live(log), Filter())
    assert len(found.by_place) >= 20
    assert len(found.by_category) >= 12
    assert len(found.by_disposition) == 7
    assert sum(found.by_priority.values()) <= found.entries / 10
    texts = [line.text for line in lines(log) if line.kind in ("report", "note", "observation", "message")]
    assert len(set(texts)) == len(texts)
    assert {"police", "venue", "baken", "first-aid", "organiser", "neighbour"} <= set(found.by_party)


def test_every_suspicion_has_a_disposition_and_every_reporter_was_told(log: Log) -> None:
    reports = [line for line in lines(log) if line.kind == "report"]
    assert all(line.disposition for line in reports)
    assert [line.text for line in reports if line.state != "closed"] == [
        "gouden trouwring gevonden, inscriptie Ank 1991"
    ]


def test_some_answers_are_late_and_some_are_no(log: Log) -> None:
    tasks = board.tasks(log, moments.live(log))
    assert sum(one.late_answer for one in tasks) >= 2
    assert sum(one.late_finish for one in tasks) >= 1
    declined = [one for one in tasks if one.row.state == "declined"]
    assert len(declined) >= 3
    assert all(one.events[-1].text.partition(": ")[2] for one in declined)
    assert [one.text for one in tasks if one.overridden] == ["verkeer regelen bij de taxistandplaats tot Motor 1 er is"]


# the beats


@pytest.mark.parametrize(("when", "words"), BEATS, ids=[f"{when} {words[:24]}" for when, words in BEATS])
def test_beat(log: Log, when: str, words: str) -> None:
    with speaking("nl"):
        found = [line for line in lines(log) if words in line.text]
    assert when in [at(log, line) for line in found]


def test_what_was_asked_of_police_was_done_by_a_service_team(log: Log) -> None:
    asked, given = task(log, "Graag een eenheid naar poort F"), task(log, "aanspreken als gastheer")
    assert (asked.row.assignee, asked.row.state) == ("police", "declined")
    assert asked.events[-1].text.endswith("geen eenheid vrij, Eenheid 11 en 12 staan bij het station")
    assert (given.row.assignee, given.row.unit, given.row.state) == ("baken", "Service 3", "confirmed")
    assert asked.entry_reference == given.entry_reference
    report = one_said(lines(log), "man filmt camera's poort F")
    assert (report.unit, report.disposition, report.state) == ("Oog 2", "false_alarm", "closed")
    assert not given.overridden


def test_the_wrong_block_is_struck_through(log: Log) -> None:
    line = one_said(lines(log), "medisch, vak 121")
    assert line.place == "block-121"
    assert [old.text for old in line.struck] == ["medisch, vak 112, ploeg onderweg"]
    assert line.struck[0].reason == "verkeerd verstaan: 121, niet 112"


def test_the_unknown_voice_gets_its_name(log: Log) -> None:
    (then,) = [line for line in lines(log, as_of="2026-06-27 21:14") if line.role == "unknown"]
    (now,) = [line for line in lines(log) if line.entry == then.entry]
    assert (then.text, then.unit) == (now.text, "")
    assert (now.unit, now.struck[0].reason) == ("Steward 2", "stem herkend: het was Steward 2")


def test_a_name_told_too_widely_is_recalled(log: Log) -> None:
    told = one_said(lines(log), "Sanne")
    for party in ("police", "baken", "municipality", "neighbour"):
        found = lines(log, reader=party)
        assert not said(found, "Sanne")
        assert one_said(found, "Medisch, vak 109: bezoeker onwel")
        (stub,) = [line for line in found if line.recalled]
        assert (stub.reference, stub.occurred_at) == (told.reference, told.occurred_at)
        assert said(lines(log, reader=party, as_of="2026-06-27 22:04"), "Sanne")
    for party in ("organiser", "first-aid", "venue"):
        assert said(lines(log, reader=party), "Sanne")
    (account,) = disclosure.disclosures(log, moments.live(log), entry=told.entry)
    assert {one.party for one in account.taken} == {"police", "baken", "municipality", "neighbour"}


def test_the_child_is_erased_and_what_was_done_for_it_is_not(told: Told, log: Log) -> None:
    found = lines(log)
    for words in ("Fenna", "gele jas", "herenigd met haar moeder"):
        assert not said(found, words)
        assert not said(lines(log, as_of="2026-06-27 18:50"), words)
    assert len(said(found, "[erased]")) == 3
    assert said(found, "Gevonden door Service 5")
    (search,) = [one for one in board.tasks(log, moments.live(log)) if one.text == "[erased]"]
    assert (search.row.state, search.row.finish_by > search.row.done) == ("confirmed", True)
    (erasure,) = disclosure.erasures(log, moments.live(log))
    assert (erasure.records, erasure.gone, erasure.copies) == (3, True, ())
    assert main(["verify", told.file, "--deep"]) == DONE
    log.close()
    for path in told.folder.iterdir():
        assert b"Fenna" not in path.read_bytes(), path


def test_it_is_closed_by_two_parties_and_what_comes_the_next_morning_is_later(log: Log) -> None:
    found = lines(log)
    (closed,) = [line for line in found if line.kind == "closed"]
    assert at(log, closed) == "00:24"
    assert log.db.execute("SELECT party, and_party FROM closings").fetchall() == [("venue", "police")]
    later = {at(log, line) for line in found if line.later}
    assert {"09:00", "09:04", "09:08"} <= later
    assert all(when.startswith("09:") for when in later)
    assert [line for line in found if at(log, line).startswith("09:") and not line.later] == []


def test_two_parties_took_one_task_and_one_does_it(log: Log) -> None:
    hek = task(log, "Verschoven dranghek")
    assert (hek.row.assignee, hek.row.state) == ("baken", "confirmed")
    assert not open_items.open_items(log, moments.live(log)).conflicts


def test_agreements_by_voice_are_affirmed(log: Log, records: list[Record]) -> None:
    assert sum(kind_of(record.frame) == "affirmed" for record in records) == 1
    (agreed,) = agreements.agreements(log, moments.live(log))
    assert (agreed.parties, agreed.affirmed, agreed.over) == (("police", "venue"), ("police", "venue"), True)
    (open_then,) = open_items.open_items(log, moments.earlier(log, "2026-06-27 22:36")).agreements
    assert open_then.waiting == ("venue",)
    early = moments.earlier(log, "2026-06-27 22:55")
    assert [one.text for one in open_items.open_items(log, early).to_affirm] == [
        "Houd de loopbrug vrij zolang trap west leegstroomt"
    ]


def test_counts_units_marks_paper_and_what_went_to_the_wrong_one(log: Log) -> None:
    now, then = moments.live(log), moments.earlier(log, "2026-06-27 22:51")
    west = crowd.at_place(log, then, "stairs-west")
    assert west
    assert (west.percent, west.warned) == (90, True)
    assert [one.place for one in crowd.warnings(log, moments.earlier(log, "2026-06-27 17:26"))] == ["gate-f"]
    stadium = crowd.at_place(log, now, "stadium")
    assert stadium
    assert (stadium.present, stadium.percent) == (30_900, 73)
    then = moments.earlier(log, "2026-06-27 17:45")
    said_of = {one.callsign: one for one in units.units(log, then)}
    assert [task.state for task in said_of["Service 3"].tasks] == ["accepted"]
    assert said_of["Service 3"].said == "busy"
    assert {one.callsign: one.said for one in units.units(log, now)}["Service 3"] == "free"
    marked = list(timeline.whole(log, now, Filter(significant=True)))
    assert [at(log, line) for line in marked] == ["21:12", "21:14", "21:17", "21:26"]
    (typed,) = [line for line in lines(log) if line.paper]
    assert (typed.paper, at(log, typed)) == ("V1-01/3", "21:43")
    lift = one_said(lines(log), "dienstlift")
    assert one_said(lines(log, reader="venue"), "dienstlift").entry == lift.entry
    assert not said(lines(log, reader="organiser"), "dienstlift")
    assert said(lines(log, reader="organiser"), "Niets doen en niet doorvertellen")


# as it stood


def standing(log: Log, when: str) -> tuple[Moment, dict[str, str]]:
    moment = moments.earlier(log, when)
    return moment, {row.ladder: row.level for row in open_items.standing(log, moment)}


def test_at_14_past_9_it_was_orange_and_nothing_was_decided_yet(log: Log) -> None:
    moment, levels = standing(log, "2026-06-27 21:14")
    assert levels == {"venue": "orange", "phase": "show"}
    items = open_items.open_items(log, moment)
    assert [one.waiting for one in items.levels] == [("organiser",)]
    then = lines(log, as_of="2026-06-27 21:14")
    assert said(then, "Onbeheerde tas vak 118")
    assert not said(then, "Niet ontruimen")
    assert not said(then, "Eigenaar terecht")
    assert one_said(lines(log, as_of="2026-06-27 21:17"), "Niet ontruimen").kind == "decision"
    assert standing(log, "2026-06-27 21:27")[1]["venue"] == "yellow"
    assert standing(log, "2026-06-28 09:00")[1] == {"venue": "green", "phase": "stand-down"}


def test_the_command_line_shows_it_as_it_stood(told: Told, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    shown = _json(capsysbinary, "timeline", told.file, "--as-of", "21:14")
    text = json.dumps(shown, ensure_ascii=False)
    assert "Onbeheerde tas vak 118" in text
    assert "Niet ontruimen" not in text


def test_the_command_line_finds_tasks_and_open_items(told: Told, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert any("fouilleren" in str(one) for one in _json(capsysbinary, "tasks", told.file))
    assert main(["open-items", told.file]) == NO
    assert main(["timeline", told.file, "--search", "vlogger"]) == DONE
    assert b"loos alarm" in capsysbinary.readouterr().out
    assert main(["verify", told.file, "--deep"]) == DONE


def _json(capture: pytest.CaptureFixture[bytes], *arguments: str) -> Any:
    capture.readouterr()
    assert main([*arguments, "--json"]) == DONE
    return json.loads(capture.readouterr().out)


# who may read what


@pytest.mark.parametrize("party", ["organiser", "first-aid", "municipality", "neighbour"])
def test_guests_are_hidden_from_whom_they_do_not_concern(log: Log, party: str) -> None:
    assert not said(lines(log, reader=party), "burgemeester")


@pytest.mark.parametrize("party", ["police", "venue", "baken"])
def test_guests_are_known_to_three_parties(log: Log, party: str) -> None:
    assert said(lines(log, reader=party), "burgemeester")


def test_who_and_what_stays_with_those_who_help(log: Log) -> None:
    for party, knows in (("first-aid", True), ("venue", True), ("baken", False), ("police", False)):
        found = lines(log, reader=party)
        assert bool(said(found, "pols gekneusd")) is knows
        assert bool(said(found, "diabetes")) is knows
        assert said(found, "medisch, trap west")


def test_the_number_plate_is_told_to_one_more_party_on_a_ground(log: Log) -> None:
    for party, knows in (("police", True), ("baken", True), ("venue", False), ("organiser", False)):
        assert bool(said(lines(log, reader=party), "XX-000-X")) is knows
    assert not said(lines(log, reader="baken", as_of="2026-06-27 22:19"), "XX-000-X")


def test_details_of_the_child_stay_with_those_who_look_for_it(log: Log) -> None:
    (decided,) = disclosure.erasures(log, moments.live(log))
    for party, knows in (("organiser", False), ("municipality", False), ("baken", True), ("first-aid", True)):
        found = lines(log, reader=party)
        assert bool(set(decided.entries) & {line.reference for line in found}) is knows
        assert said(found, "kind vermist")
