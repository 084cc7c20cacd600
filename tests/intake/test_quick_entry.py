"""The entry line: what operators type is read as they mean it, and nothing that they type is ever refused."""

import time
from datetime import UTC, datetime

import msgspec
import pytest
from dateutil import tz
from hypothesis import given
from hypothesis import strategies as st

from commandlog.intake.names import vocabulary
from commandlog.intake.quick_entry import QuickEntry, read
from commandlog.model.scenario import load

COVENANT = load("concert")
KNOWN = vocabulary(COVENANT)
ZONE = tz.gettz("Europe/Amsterdam")
NOW = datetime(2027, 5, 21, 21, 10, tzinfo=ZONE)


def entry(text: str, now: datetime = NOW) -> QuickEntry:
    return read(text, COVENANT, now, KNOWN)


def said(text: str, now: datetime = NOW) -> dict[str, object]:
    """What was recognised, without the times and the parts."""
    fields = msgspec.to_builtins(entry(text, now))
    return {key: value for key, value in fields.items() if value and key not in ("parts", "occurred_at", "answer_by")}


def clock(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, ZONE).strftime("%d %H:%M:%S") if at else ""


OOG_2 = {"unit": "Oog 2", "party": "baken", "role": "profiler"}
TO_SERVICE_3 = {"to_party": "baken", "to_unit": "Service 3"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Commando, hier Oog 2: man filmt camera's poort F, grote rugzak",
            {"kind": "report", "words": "man filmt camera's poort F, grote rugzak", **OOG_2, "place": "gate-f"},
        ),
        (
            "17:42 > politie graag eenheid naar poort F !urgent vóór 17:45",
            {
                "kind": "task",
                "words": "graag eenheid naar poort F",
                "place": "gate-f",
                "priority": "urgent",
                "to_party": "police",
            },
        ),
        (
            "> Service 3 aanspreken als gastheer, niet fouilleren, binnen 5 min",
            {"kind": "task", "words": "aanspreken als gastheer, niet fouilleren", **TO_SERVICE_3},
        ),
        (
            "Service 3: Vlogger, loos alarm",
            {
                "kind": "report",
                "words": "Vlogger, loos alarm",
                "unit": "Service 3",
                "party": "baken",
                "role": "guard",
            },
        ),
        ("17:25 poort F 70 %, oranje #drukte", {"words": "70 %, oranje", "place": "gate-f", "category": "crowd"}),
        ("18:20 meisje kwijt, 8 jaar, gele jas #vermist", {"words": "meisje kwijt, 8 jaar, gele jas"}),
        ("21:12 Onbeheerde tas vak 118 #onb", {"words": "Onbeheerde tas vak 118", "category": "unattended"}),
        ("Trap west 90 %, ik houd ze vast", {"words": "90 %, ik houd ze vast", "place": "stairs-west"}),
        ("trap west glad", {"words": "glad", "place": "stairs-west", "kind": "note"}),
        ("EHBO 2 medisch, vak 112 @ehbo", {"audience": ("first-aid",), "place": "block-112"}),
    ],
)
def test_the_calls_of_the_evening(text: str, expected: dict[str, object]) -> None:
    assert said(text).items() >= expected.items()


@pytest.mark.parametrize(
    ("text", "unit", "words"),
    [
        ("oog2 man met rugzak", "Oog 2", "man met rugzak"),
        ("OOG-2, man met rugzak", "Oog 2", "man met rugzak"),
        ("Profiler 2: man met rugzak", "Oog 2", "man met rugzak"),
        ("Hier Oog 2, man met rugzak", "Oog 2", "man met rugzak"),
        ("Oog 2 hier, man met rugzak", "Oog 2", "man met rugzak"),
        ("Control, this is Oog 2: man with backpack", "Oog 2", "man with backpack"),
        ("Commando Commando hier Oog 2, man", "Oog 2", "man"),
        ("Service 3, hier Oog 2: kom kijken", "Oog 2", "kom kijken"),
        ("Commando van Oog 2: man", "Oog 2", "man"),
        ("poort F Oog 2: man", "Oog 2", "man"),
        ("#verdacht 21:05 Oog 2: man", "Oog 2", "man"),
        ("OvD-P: akkoord", "OvD-P", "akkoord"),
        ("Oog 4 is niet bereikbaar", "Oog 4", "Oog 4 is niet bereikbaar"),
        ("> politie Oog 2: man met mes", "Oog 2", "man met mes"),
        ("Oog 2", "Oog 2", "Oog 2"),
        ("Oog 21 meldt zich", "", "Oog 21 meldt zich"),
        ("man bij Oog 2 gezien", "", "man bij Oog 2 gezien"),
        ("Service 3 van Commando: graag melden", "", "Service 3 van Commando: graag melden"),
        ("> politie Oog 2 heeft hulp nodig", "", "Oog 2 heeft hulp nodig"),
    ],
)
def test_who_reports(text: str, unit: str, words: str) -> None:
    assert (entry(text).unit, entry(text).words) == (unit, words)


@pytest.mark.parametrize(
    ("text", "when", "words"),
    [
        ("21:05 tas", "21 21:05:00", "tas"),
        ("21.05 uur: tas", "21 21:05:00", "tas"),
        ("21.05 tas", "21 21:05:00", "tas"),
        ("21u05 tas", "21 21:05:00", "tas"),
        ("2105u tas", "21 21:05:00", "tas"),
        ("9:05 pm bag", "21 21:05:00", "bag"),
        ("9 p.m. bag", "21 21:00:00", "bag"),
        ("om 21 uur tas", "21 21:00:00", "tas"),
        ("Oog 2 om 21:05 tas", "21 21:05:00", "tas"),
        ("21:05:30 tas", "21 21:05:30", "tas"),
        ("23:55 tas", "20 23:55:00", "tas"),
        ("21:35 tas", "21 21:35:00", "tas"),
        ("21:45 tas", "20 21:45:00", "tas"),
        ("gisteren 23:50 tas", "20 23:50:00", "tas"),
        ("yesterday at 23:50 bag", "20 23:50:00", "bag"),
        ("2027-05-19 10:00 tas", "19 10:00:00", "tas"),
        ("18-05 10:00 tas", "18 10:00:00", "tas"),
        ("tas gezien 5 min geleden", "21 21:05:00", "tas gezien"),
        ("ongeveer vijf minuten geleden tas", "21 21:05:00", "tas"),
        ("bag seen 5 min ago, gate F", "21 21:05:00", "bag seen, gate F"),
        ("half an hour ago bag", "21 20:40:00", "bag"),
        ("half uur geleden tas", "21 20:40:00", "tas"),
        ("twee uur geleden tas", "21 19:10:00", "tas"),
        ("zojuist tas", "21 21:10:00", "tas"),
        ("net tas gevonden", "21 21:10:00", "tas gevonden"),
        ("now: bag", "21 21:10:00", "bag"),
        ("21:05 man, 5 min geleden gezien", "21 21:05:00", "man, 5 min geleden gezien"),
        ("half negen tas", "21 20:30:00", "tas"),
        ("om half tien tas", "21 21:30:00", "tas"),
        ("kwart over negen tas", "21 21:15:00", "tas"),
        ("kwart voor tien tas", "21 09:45:00", "tas"),
        ("tien over half negen: tas", "21 20:40:00", "tas"),
        ("vijf voor half negen uur tas", "21 20:25:00", "tas"),
        ("tien voor een tas", "21 12:50:00", "tas"),
        ("half past eight bag", "21 20:30:00", "bag"),
        ("at quarter to nine bag", "21 20:45:00", "bag"),
        ("Oog 2 kwart over acht tas", "21 20:15:00", "tas"),
    ],
)
def test_when_it_happened(text: str, when: str, words: str) -> None:
    assert (clock(entry(text).occurred_at), entry(text).words) == (when, words)


@pytest.mark.parametrize(
    "text",
    [
        "70 % vol",
        "1.5 m afstand",
        "12.50 euro gevonden",
        "12-AB-34 zwarte BMW",
        "trap 21.05 breed",
        "show begint om 21:05",
        "25:10 is geen tijd",
        "13:05 pm is geen tijd",
        "21:05-21:15 pauze",
        "2 uur wachttijd",
        "1,5 uur geleden gezien",
        "net als vorig jaar",
        "netwerk weg",
        "31-02 10:00 bestaat niet",
        "2105 bezoekers",
        "voor 21:20 terug",
        "112 gebeld",
    ],
)
def test_what_is_no_time_stays_in_the_words(text: str) -> None:
    found = entry(text)
    assert (found.occurred_at, found.answer_by, found.words, found.kind) == (0, 0, text, "note")


@pytest.mark.parametrize(
    ("text", "now", "when"),
    [
        ("23:55 tas", datetime(2027, 5, 21, 0, 10, tzinfo=ZONE), "20 23:55:00"),
        ("00:05 tas", datetime(2027, 5, 21, 23, 50, tzinfo=ZONE), "22 00:05:00"),
        ("23:55 tas", datetime(2027, 5, 20, 22, 10, tzinfo=UTC), "20 23:55:00"),
        ("02:30 tas", datetime(2027, 3, 28, 4, 0, tzinfo=ZONE), "28 03:30:00"),
        ("02:30 tas", datetime(2027, 10, 31, 4, 0, tzinfo=ZONE), "31 02:30:00"),
        ("2 uur geleden tas", datetime(2027, 3, 28, 4, 0, tzinfo=ZONE), "28 01:00:00"),
    ],
)
def test_midnight_and_the_night_the_clocks_change(text: str, now: datetime, when: str) -> None:
    assert clock(entry(text, now).occurred_at) == when


def test_an_hour_that_comes_twice_is_the_last_that_has_passed() -> None:
    between = datetime(2027, 10, 31, 0, 50, tzinfo=UTC)  # 02:50 summer time; 02:30 has come once
    assert entry("02:30 tas", between).occurred_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC).timestamp() * 1000
    after = datetime(2027, 10, 31, 3, 0, tzinfo=UTC)
    assert entry("02:30 tas", after).occurred_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC).timestamp() * 1000


@pytest.mark.parametrize(
    ("text", "kind", "by", "words"),
    [
        (">politie by 21:20, send a unit", "task", "21 21:20:00", "send a unit"),
        ("> politie vóór 21:20 eenheid sturen", "task", "21 21:20:00", "eenheid sturen"),
        ("> politie eenheid sturen voor 21.20 uur", "task", "21 21:20:00", "eenheid sturen"),
        ("> politie eenheid sturen uiterlijk om 22 uur", "task", "21 22:00:00", "eenheid sturen"),
        ("> politie unit please within 10 min", "task", "21 21:20:00", "unit please"),
        ("> politie unit please in 5 min", "task", "21 21:15:00", "unit please"),
        ("binnen een kwartier > politie eenheid", "task", "21 21:25:00", "eenheid"),
        ("> politie eenheid binnen vijf minuten #crowd", "task", "21 21:15:00", "eenheid"),
        ("> politie eenheid voor 00:15", "task", "22 00:15:00", "eenheid"),
        ("> politie eenheid vóór 21:00", "task", "21 21:00:00", "eenheid"),
        ("> politie actie: poort F bekijken", "task", "", "poort F bekijken"),
        ("task > politie look at gate F", "task", "", "look at gate F"),
        ("> politie poort F vol", "message", "", "poort F vol"),
        ("> politie poort F: vol", "message", "", "vol"),
        ("> politie verzoek om een eenheid", "task", "", "verzoek om een eenheid"),
        ("> politie geen actie nodig", "message", "", "geen actie nodig"),
        ("> politie man wil binnen 5 minuten weg zijn", "message", "", "man wil binnen 5 minuten weg zijn"),
        ("> politie tas is van een bezoeker", "message", "", "tas is van een bezoeker"),
        ("actie: hek sluiten", "note", "", "actie: hek sluiten"),
        ("> niemand vóór 21:20", "note", "", "> niemand vóór 21:20"),
        ("5 > 3", "note", "", "5 > 3"),
    ],
)
def test_messages_and_tasks(text: str, kind: str, by: str, words: str) -> None:
    found = entry(text)
    assert (found.kind, clock(found.answer_by), found.words) == (kind, by, words)


def test_a_unit_is_addressed_through_the_party_that_answers_for_it() -> None:
    found = entry(">service3 kom naar poort F @politie,baken @gemeente @politie")
    assert (found.to_party, found.to_unit) == ("baken", "Service 3")
    assert found.audience == ("police", "baken", "municipality")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("bij Poort F", "gate-f", "bij Poort F"),
        ("staat bij poortF iemand", "gate-f", "staat bij poortF iemand"),
        ("man at GATE F", "gate-f", "man at GATE F"),
        ("gate-f is full", "gate-f", "gate-f is full"),
        ("poort F en G dicht", "gate-f", "poort F en G dicht"),
        ("Poort F is vol", "gate-f", "Poort F is vol"),
        ("vak 118: tas", "block-118", "tas"),
        ("vak 1 18: tas", "", "vak 1 18: tas"),
        ("bij poort a een man", "gate-a", "bij poort a een man"),
        ("at gate A a man", "gate-a", "at gate A a man"),
        ("at gate a man stands", "", "at gate a man stands"),
        ("Stadion meldt 40.000 bezoekers", "stadium", "Stadion meldt 40.000 bezoekers"),
        ("poort Fout", "", "poort Fout"),
        ("Trap  West vol", "stairs-west", "vol"),
    ],
)
def test_where(text: str, place: str, words: str) -> None:
    assert (entry(text).place, entry(text).words) == (place, words)


@pytest.mark.parametrize(
    ("mark", "priority"),
    [("!spoed", "urgent"), ("!u", "urgent"), ("!nood", "emergency"), ("!verh", "elevated"), ("!ROUTINE", "routine")],
)
def test_priorities(mark: str, priority: str) -> None:
    assert said(f"man {mark} met mes") == {"kind": "note", "words": "man met mes", "priority": priority}


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("help!", []),
        ("help !", []),
        ("!!! help", []),
        ("man !e met mes", ["!e"]),
        ("#foo man", ["#foo"]),
        ("@niemand man", ["@niemand"]),
        ("# a @ b", []),
        ("mail naar info@example.org", []),
    ],
)
def test_marks_that_mean_nothing_stay_and_are_named(text: str, unknown: list[str]) -> None:
    assert {"unknown": (), **said(text)} == {"kind": "note", "words": text, "unknown": tuple(unknown)}


def test_spans_are_of_the_text_as_it_was_typed() -> None:
    text = "21:05 Oog 2 man bij Poört F #verd @politie"
    assert [(one.kind, text[one.start : one.end]) for one in entry(text).parts] == [
        ("time", "21:05"),
        ("unit", "Oog 2"),
        ("place", "Poört F"),
        ("category", "#verd"),
        ("audience", "@politie"),
    ]


SNIPPETS = [
    *("21:05", "Oog 2", "oog", "2", "poort", "F", "#verd", "!spoed", "> politie", ">", "@baken,", "@", "by 21:20"),
    *(
        "5 min geleden",
        "binnen 5 min",
        "Commando, hier",
        "task",
        "actie:",
        ",",
        ":",
        "is",
        "gisteren",
        "\x00",
        "\ud800",
    ),
    *("\u202e", "İ", "ß", "\u0301", "\n", "31-02", "99:99", "vak 118", "a", "'s", "Motor 1 uur geleden"),
]
LINES = st.one_of(
    st.text(),
    st.text(st.characters(codec=None)),
    st.lists(st.sampled_from(SNIPPETS)).map(" ".join),
    st.lists(st.sampled_from(SNIPPETS)).map("".join),
)


MOMENTS = st.integers(10**8, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, ZONE))


@given(LINES, MOMENTS)
def test_any_line_is_read(text: str, now: datetime) -> None:
    found = entry(text, now)
    assert found == read(text, COVENANT, now)
    assert found.kind in ("report", "message", "task", "note")
    end = 0
    for part in found.parts:
        assert end <= part.start < part.end <= len(text)
        end = part.end
    letters = iter("".join(text.split()))
    assert all(letter in letters for letter in "".join(found.words.split())), "words come from the text, in its order"
    assert found.words or not text.strip()
    if not found.parts:
        assert (found.kind, found.words) == ("note", text.strip())


@given(LINES)
def test_words_read_again_lose_nothing_that_is_no_part(text: str) -> None:
    found = entry(text)
    outside, at = "", 0
    for part in found.parts:
        outside, at = outside + text[at : part.start], part.end
    outside += text[at:]
    for word in ("rugzak", "filmt"):
        assert (word in outside) <= (word in found.words)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a ",
            "Oog 2 ",
            "> ",
            "#v ",
            "@politie ",
            "@politie,",
            "\x00",
            "poort ",
            "1",
            "é",
            "5 min ",
            "actie ",
            "\ud800",
        ),
        *("hier, ", "vóór 21:20 ", " ", "\n", "!n ", "\u202e", "21:05 ", "(", "een "),
    ],
)
def test_a_megabyte_takes_a_moment(piece: str) -> None:
    text = piece * (1_000_000 // len(piece)) + " > politie"
    began = time.perf_counter()
    entry(text)
    assert time.perf_counter() - began < 10, "a second is usual; what grows with the square would take minutes"


@pytest.mark.parametrize(
    ("text", "place", "number", "measure"),
    [
        ("tel poort F 1240", "gate-f", 1240, "present"),
        ("telling poort f 70 %", "gate-f", 70, "percent"),
        ("count gate F 1240", "gate-f", 1240, "present"),
        ("Telling: Poort F: 1.240", "gate-f", 1240, "present"),
        ("21:05 tel poort F 30 uit #drukte", "gate-f", 30, "out"),
        ("Camera 1: tel trap west 90 procent", "stairs-west", 90, "percent"),
        ("poort F tel 12 in", "gate-f", 12, "in"),
    ],
)
def test_a_count_alone_on_its_line(text: str, place: str, number: int, measure: str) -> None:
    found = entry(text)
    assert (found.kind, found.place, found.number, found.measure) == ("count", place, number, measure)
    assert found.words == ""


@pytest.mark.parametrize(
    "text",
    [
        "tel poort F nog eens",
        "tel poort F 1240 man met tas",
        "tel de mensen 1240",
        "telefoon poort F 1240",
        "poort F 70 %, oranje",
        "> Service 3 tel poort F 1240",
        "Camera 1 telling poort E 45 %, poort F 50 %",
        "hij telt poort F 1240",
        "tel poort F 21:30",
        "tel poort F 12.5",
        "tel poort F 12345678901234567890",
    ],
)
def test_what_only_mentions_figures_is_no_count(text: str) -> None:
    found = entry(text)
    assert (found.kind != "count", found.number, found.measure) == (True, 0, "")
    assert found.words


@pytest.mark.parametrize(
    ("text", "unit", "status"),
    [
        ("Oog 2 vrij", "Oog 2", "free"),
        ("Oog 2: bezet", "Oog 2", "busy"),
        ("Commando, hier Oog 2: buiten dienst.", "Oog 2", "out"),
        ("21:05 Service 3 free", "Service 3", "free"),
        ("Oog 2 vrij bij poort F", "Oog 2", ""),
        ("Oog 2 plein vrijgemaakt", "Oog 2", ""),
        ("vrij", "", ""),
        ("> Service 3 vrij", "", ""),
    ],
)
def test_what_a_unit_says_of_itself(text: str, unit: str, status: str) -> None:
    found = entry(text)
    assert (found.unit, found.status, found.kind == "status") == (unit, status, bool(status))


def test_a_line_has_one_addressee_and_the_second_is_named() -> None:
    found = entry(">police >venue kom naar poort F")
    assert (found.kind, found.to_party, found.unknown) == ("message", "police", ())
    assert found.words == ">venue kom naar poort F"
    assert [(part.kind, part.code) for part in found.parts][:2] == [
        ("addressee", "police"),
        ("second addressee", "venue"),
    ]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("> police kom naar poort F voor half tien", "21 21:30:00"),
        ("> police by quarter past ten come", "21 22:15:00"),
        ("> police kom voor tien man", ""),
    ],
)
def test_deadlines_in_words(text: str, when: str) -> None:
    assert clock(entry(text).answer_by) == when


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("Service 3 buiten dienst, accu leeg", "out", "accu leeg"),
        ("Service 3: buiten dienst - accu leeg", "out", "accu leeg"),
        ("service 3 is vrij", "free", ""),
        ("service 3 weer inzetbaar", "free", ""),
        ("21:05 Service 3 is weer beschikbaar.", "free", ""),
        ("Service 3 staat nu bezet: arrestant", "busy", "arrestant"),
        ("Service 3 niet inzetbaar", "out", ""),
        ("Service 3 is now unavailable, flat battery", "out", "flat battery"),
        ("Oog 2 back", "free", ""),
    ],
)
def test_what_a_unit_says_of_itself_may_have_a_reason(text: str, status: str, words: str) -> None:
    found = entry(text)
    assert (found.kind, found.status, found.words) == ("status", status, words), text


@pytest.mark.parametrize(
    "text",
    [
        "Service 3 bezet poort F",
        "Service 3 is vrij van dienst tot tien uur",
        "Service 3 beschikbaar voor inzet bij poort F",
        "Service 3 vrijwel klaar",
        "Service 3 back-up gevraagd",
        "Service 3 ziet man buiten dienst, accu leeg",
        "Service 3 vrij pad bij poort F, doorlopen",
        "Service 3 is er weer",
    ],
)
def test_a_sentence_that_only_begins_like_a_status_is_a_report(text: str) -> None:
    assert entry(text).kind == "report", text


@pytest.mark.parametrize(
    "text", [">baken 30 min hek sluiten", ">baken 30 minuten: hek sluiten", "hek sluiten >baken 30 min"]
)
def test_minutes_right_after_the_addressee_are_a_deadline(text: str) -> None:
    found, same = entry(text), entry("hek sluiten >baken binnen 30 min")
    assert (found.kind, found.words, found.answer_by) == ("task", "hek sluiten", same.answer_by)
    assert entry(">baken 30 min vertraging bij poort F").kind == "message"
    assert entry(">baken 30 man bij poort F").kind == "message"
