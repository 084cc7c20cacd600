"""Scenarios from the command line: listed, shown, checked, opened; and what is said on the radio in each of them."""

import json
from pathlib import Path

import pytest

from commandlog.cli import main
from commandlog.intake.entering import enter, unknown_marks
from commandlog.language import LANGUAGES
from commandlog.log.keys import settings_folder
from commandlog.model import records
from commandlog.model.covenant import spoken
from commandlog.model.scenario import load, scenarios
from commandlog.verbs import levels
from commandlog.verbs.events import open_event
from tests.events import START, Clock

# what is said, and what it must be taken for: unit, place, category, kind, to whom
RADIO: dict[str, list[tuple[str, str, str, str, str, str]]] = {
    "march": [
        ("Rayon 2: Dag 1 km 20 opstopping voor de oversteek #drukte", "Rayon 2", "d1-km-20", "crowd", "report", ""),
        (
            "Commando, hier Fietsteam 1: man onwel Negenheuvelenweg #medisch !spoed",
            "Fietsteam 1",
            "d3-10-20",
            "medical",
            "report",
            "",
        ),
        (
            "21:14 Oog 1 Erebaan man filmt camera’s, grote rugzak #verdacht",
            "Oog 1",
            "honour-mile",
            "suspicious",
            "report",
            "",
        ),
        ("Hulppost 3 vier personen met hitteklachten, water bijna op #hitte", "Hulppost 3", "", "heat", "report", ""),
        (
            "Regelaar 1: auto op de route bij Lentewaard #voertuig !nood",
            "Regelaar 1",
            "d1-10-20",
            "vehicle",
            "report",
            "",
        ),
        (">Politie vóór 14:30 opdracht: voertuig tegenhouden op de Brugweg", "", "d1-00-10", "", "task", "police"),
        (">Crowd 2 aanspreken als gastheer op de Rivierkade, niet fouilleren actie", "", "quay", "", "task", "wal"),
        ("Brugpeloton pontonbrug 70 procent, doseren #brug", "Brugpeloton", "pontoon", "bridge", "report", ""),
        ("Bezem 1 twaalf uitvallers opgenomen Kuikerdam #route", "Bezem 1", "d4-22-33", "route", "report", ""),
        ("Stadscamera 2 Grote Markt loopt vol #drukte", "Stadscamera 2", "market", "crowd", "report", ""),
        ("dagoverleg: morgen een uur eerder starten vanwege hitte", "", "", "", "note", ""),
        (
            "Toezicht 1: onbeheerde tas Stationsplein #onbeheerd",
            "Toezicht 1",
            "station-square",
            "unattended",
            "report",
            "",
        ),
        ("Sector 3: Day 3 km 10 walkers held at the crossing #traffic", "Rayon 3", "d3-km-10", "traffic", "report", ""),
        ("Bike team 2 Groeskamp woman collapsed #medical !urgent", "Fietsteam 2", "d3-20-30", "medical", "report", ""),
        ("Unit 42 vehicle stopped at the Honour Mile #vehicle", "Eenheid 42", "honour-mile", "vehicle", "report", ""),
        (
            ">first aid within 10 min task: check the heat cases at Main rest South",
            "",
            "rest-2",
            "",
            "task",
            "first-aid",
        ),
        ("Bridge platoon: pontoon bridge closed, wind #bridge", "Brugpeloton", "pontoon", "bridge", "report", ""),
        ("City camera 1 River quay 90 percent #crowding", "Stadscamera 1", "quay", "crowd", "report", ""),
        (
            "Camp guard unattended bag at the gate of Camp Heidezicht #unattended",
            "Kampwacht",
            "camp",
            "unattended",
            "report",
            "",
        ),
        (">Defence please keep the pontoon free for an ambulance", "", "pontoon", "", "message", "defence"),
    ],
    "quarter": [
        (
            "Ronde 2: grijze wagen rijdt derde keer door de Briljantstraat #voertuig",
            "Ronde 2",
            "briljantstraat",
            "vehicle",
            "report",
            "",
        ),
        (
            "Dispatching, hier Post Noord: achtergelaten pakket aan Slagboom Noord #pakket !spoed",
            "Post Noord",
            "barrier-north",
            "unattended",
            "report",
            "",
        ),
        (
            "Post Noord Slagboom Noord achtergelaten pakket #onbeheerd !spoed",
            "Post Noord",
            "barrier-north",
            "unattended",
            "report",
            "",
        ),
        ("Oog 1 Facetgang man neemt foto’s van de inkom #verdacht", "Oog 1", "facetgang", "suspicious", "report", ""),
        ("Koppel 1: Beursgebouw open, alles in orde #toegang", "Koppel 1", "exchange", "access", "report", ""),
        ("Waarde 1 staat aan Laadkade Kluizen #waardetransport", "Waarde 1", "vault-dock", "transport", "report", ""),
        (">Lokale politie vóór 16:30 opdracht: ploeg naar het Robijnplein", "", "robijnplein", "", "task", "police"),
        (">Schild ter plaatse gaan in de Parelstraat binnen 5 min opdracht", "", "parelstraat", "", "task", "schild"),
        (
            "Conciërge Galerij: gauwdiefstal in Galerij Zuid #diefstal",
            "Conciërge Galerij",
            "arcade-south",
            "theft",
            "report",
            "",
        ),
        (
            "Stadswacht 1 leverancier staat verkeerd in de Laad- en loszone #verkeer",
            "Stadswacht 1",
            "loading",
            "traffic",
            "report",
            "",
        ),
        ("Camera 2 drone boven het Kluizengebouw #drone !spoed", "Camera 2", "vaults", "drone", "report", ""),
        (
            "Wijkploeg 1: betoging nadert Topaaslaan #betoging",
            "Wijkploeg 1",
            "topaaslaan",
            "public-order",
            "report",
            "",
        ),
        ("aflossing late ploeg, twee opdrachten open", "", "", "", "note", ""),
        ("Patrol 3: man trying doors Karaatstraat #suspicious", "Ronde 3", "karaatstraat", "suspicious", "report", ""),
        ("Post South car stopped at South barrier #vehicle", "Post Zuid", "barrier-south", "vehicle", "report", ""),
        (
            "Arcade concierge: woman fell, Arcade North #medical",
            "Conciërge Galerij",
            "arcade-north",
            "medical",
            "report",
            "",
        ),
        ("Cam 1 queue at the Exchange entrance #crowd", "Camera 1", "exchange-entrance", "crowd", "report", ""),
        (">police by 17:00 task: check the van at the Loading bay", "", "loading", "", "task", "police"),
        ("Shift lead vault hall door alarm #intrusion", "Ploegchef", "vault-hall", "intrusion", "report", ""),
        ("Rescue 1 smoke in Karaat car park #fire !emergency", "Zone 1", "parking", "fire", "report", ""),
        ("Keeper 2: lift out of order Jewellers’ Arcade #technical", "Wachter 2", "arcade", "technical", "report", ""),
    ],
    "concert": [
        (
            "Commando, hier Oog 2: man filmt camera’s poort F, grote rugzak #verdacht",
            "Oog 2",
            "gate-f",
            "suspicious",
            "report",
            "",
        ),
        ("17:25 Service 1 poort F 70 procent #drukte", "Service 1", "gate-f", "crowd", "report", ""),
        (">politie vóór 17:50 verzoek: man bekijken bij poort F", "", "gate-f", "", "task", "police"),
        (">Service 3 aanspreken als gastheer, niet fouilleren actie", "", "", "", "task", "baken"),
        ("Steward 1 onbeheerde tas vak 118 #onbeheerd !spoed", "Steward 1", "block-118", "unattended", "report", ""),
        ("EHBO 2: medisch, vak 112 #medisch", "EHBO 2", "block-112", "medical", "report", ""),
        ("Camera 1 trap west 90 procent #drukte", "Camera 1", "stairs-west", "crowd", "report", ""),
        ("Motor 2 Loopbrug is vrij", "Motor 2", "footbridge", "", "report", ""),
        ("Eenheid 11: ruzie op het Dijkplein #orde", "Eenheid 11", "square", "public-order", "report", ""),
        ("Productie: start tien minuten later #informatie", "Productie", "", "information", "report", ""),
        ("Poort G blijft dicht tot het perron vrij is", "", "gate-g", "", "note", ""),
        (
            "Profiler 4 two men at Gate C, photographing the cameras #suspicion",
            "Oog 4",
            "gate-c",
            "suspicious",
            "report",
            "",
        ),
        ("Unit 12: fight at the Taxi rank #fight", "Eenheid 12", "taxi", "public-order", "report", ""),
        ("Cam 2 West stairs full #crowding", "Camera 2", "stairs-west", "crowd", "report", ""),
        ("First aid 3 injury in block 121 #medical", "EHBO 3", "block-121", "medical", "report", ""),
        (">police within 5 min request: unit to the Footbridge", "", "footbridge", "", "task", "police"),
        (">venue please open gate D for the ambulance", "", "gate-d", "", "message", "venue"),
        (
            "Service 2 missing girl, yellow coat, last seen at the Pitch #missing",
            "Service 2",
            "pitch",
            "missing",
            "report",
            "",
        ),
        ("Steward 2 smoke at Catering #fire !urgent", "Steward 2", "catering", "fire", "report", ""),
        ("Duty officer: all calm on the Platform", "OvD-P", "platform", "", "report", ""),
    ],
}

KINDS = {"report": records.Report, "note": records.Note, "message": records.Message, "task": records.Proposed}


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code, capsys.readouterr()
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return out + err


def test_there_are_three_and_each_can_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert scenarios() == ["concert", "march", "quarter"]
    told = said(capsys, "scenario", "list")
    assert [line.split()[0] for line in told.splitlines()] == scenarios()
    listed = json.loads(said(capsys, "scenario", "list", "--json"))
    sizes = {one["code"]: (one["parties"], one["units"], one["places"]) for one in listed}
    assert sizes["concert"][2] >= 30
    assert min(sizes["march"][1:]) >= 25
    assert sizes["quarter"][2] >= 25


@pytest.mark.parametrize("name", scenarios())
def test_each_is_complete(name: str) -> None:
    found = load(name)
    for ones in (found.roles, found.powers, found.mandates, found.ladders, found.phases, found.deadlines):
        assert ones
    assert 1 <= len(found.alarms) <= 6
    assert {"unassessed", "unanswered", "late", "review", "unread", "offline"} == {one.code for one in found.alarms}
    assert any(unit.parties and unit.accepts for unit in found.units)
    assert all(unit.channel for unit in found.units)
    assert {place.space for place in found.places} == {"public", "private"}
    named = [one.name for ones in (found.roles, found.places, found.categories, found.phases) for one in ones]
    named += [one.text for one in found.powers] + [one.text for one in found.mandates]
    named += [one.action for one in found.alarms] + [level.name for ladder in found.ladders for level in ladder.levels]
    assert all(isinstance(one, str) or set(one) == set(LANGUAGES) for one in named)
    assert all(spoken(one, language) for one in named for language in LANGUAGES)


@pytest.mark.parametrize("name", scenarios())
def test_each_holds_without_a_warning(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "scenario", "check", name)
    assert told.count("\n") == 1
    assert "holds together" in told
    document = json.loads(said(capsys, "scenario", "check", name, "--json"))
    assert document == {"file": f"{name}.toml", "good": True, "faults": [], "gaps": []}


@pytest.mark.parametrize("name", scenarios())
def test_each_makes_a_log_that_takes_what_is_said(name: str, tmp_path: Path) -> None:
    clock = Clock(START - 4 * 3_600_000)  # two in the afternoon
    desk = open_event(tmp_path / "x.clog", load(name), settings_folder(), clock=clock)
    with desk.log:
        assert len(RADIO[name]) >= 20
        for text, unit, place, category, kind, to in RADIO[name]:
            clock.tick()
            assert not unknown_marks(desk, text), text
            frame = enter(desk, text, reason="agreed in the briefing").frame
            assert isinstance(frame, KINDS[kind]), text
            source = frame.source.unit if frame.source else ""
            addressee = getattr(frame, "assignee", "") or getattr(frame, "to_party", "")
            assert (source, frame.place, frame.category, addressee) == (unit, place, category, to), text


@pytest.mark.parametrize("name", scenarios())
def test_one_of_ones_own_is_made_from_ours(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "scenario", "show", name)
    assert text.startswith("#:schema scenario.schema.json\n")
    mine = tmp_path / "mine.toml"
    mine.write_text(text, "utf-8")
    schema = json.loads(said(capsys, "scenario", "schema"))
    assert schema["title"] == "CommandLog scenario"
    assert "holds together" in said(capsys, "scenario", "check", str(mine))
    assert "mine.clog" in said(capsys, "new", str(tmp_path / "mine.clog"), "--scenario", str(mine))


def test_who_leads_is_said_with_a_report_and_a_task(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "x.clog")
    said(capsys, "new", path, "--scenario", "quarter")
    told = said(capsys, "report", path, "Oog 1 Facetgang man neemt foto’s #verdacht")
    assert "→ Local police leads at Facet Alley (public order)." in told
    assert "leads" not in said(capsys, "report", path, "Wijkploeg 1 Facetgang niemand meer #verdacht")
    assert "leads" not in said(capsys, "report", path, "aflossing gedaan")


def test_faults_and_gaps_are_told_by_line_and_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.toml"
    text = said(capsys, "scenario", "show", "quarter")
    mine.write_text(text.replace('driver = "security-office"', 'driver = "office"', 1), "utf-8")
    line = 1 + text[: text.index("driver = ")].count("\n")
    told = said(capsys, "scenario", "check", str(mine), code=2)
    assert told.startswith(f"✗ mine.toml, line {line}: driver: ")
    document = json.loads(said(capsys, "scenario", "check", str(mine), "--json", code=2))
    assert [(one["line"], one["key"]) for one in document["faults"]] == [(line, "driver")]
    mine.write_text(text.replace("retention_days = 365", "retention_days = 0", 1), "utf-8")
    assert "! mine.toml, line" in said(capsys, "scenario", "check", str(mine))
    document = json.loads(said(capsys, "scenario", "check", str(mine), "--json"))
    assert (document["good"], [one["key"] for one in document["gaps"]]) == (True, ["retention_days"])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a = ", "line 1, column 5"),
        (b"a = 1\nb = [1,\n", "line 3, column 1"),
        (b"a = \x00", "line 1"),
        (b"a = 1\n\x1b[31m = 2", "line 2, column 1"),
        (b"a = " + b"[" * 100_000, "nested"),
        (b"a = " + b"{a=" * 50_000, "nested"),
        (b"a" + b".a" * 400_000 + b" = 1", "nested"),
        (b"[a" + b' . "a"' * 100_000 + b"]", "nested"),
        (b"a = " + b"9" * 100_000, "TOML"),
        (b"a = 1\na = 2", "line 2"),
        (b"a = 1\n" * 200_000, "1 MB"),
        ("naam = 'café'".encode("latin-1"), "UTF-8"),
        ("code = 'x'".encode("utf-16"), "UTF-8"),
        (b"\xef\xbb\xbfcode = 'x'", "parties"),
        (b"", "parties"),
        (b"".join(b"k%d = 1\n" % n for n in range(90_000)), "no such key"),
    ],
)
def test_a_file_that_means_harm_is_refused_in_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, told: str
) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    shown = said(capsys, "scenario", "check", str(path), code=2)
    assert told in shown
    assert "\x1b[31m =" not in shown
    assert "\x00" not in shown
    assert max(map(len, shown.splitlines())) < 800
    refused = said(capsys, "new", str(tmp_path / "x.clog"), "--scenario", str(path), code=2)
    assert refused.count("\n") == 1
    assert not (tmp_path / "x.clog").exists()


def test_tasks_and_levels_get_the_time_that_the_covenant_gives(tmp_path: Path, clock: Clock) -> None:
    desk = open_event(tmp_path / "x.clog", load("march"), settings_folder(), clock=clock)
    with desk.log:
        for text, minutes in ((">politie ploeg sturen actie", 5), (">politie ploeg sturen !nood actie", 1)):
            frame = enter(desk, text).frame
            assert isinstance(frame, records.Proposed)
            assert frame.answer_by - frame.occurred_at == minutes * 60_000
        frame = levels.set_level(desk, "heat", "heat-2").frame
        assert isinstance(frame, records.LevelSet)
        assert frame.review_by - frame.occurred_at == 60 * 60_000
