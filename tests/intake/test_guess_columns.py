"""What the columns of a log are taken for: by their names in ten languages, by what stands in them, by the covenant."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.intake.column_words import ROLE_WORDS
from commandlog.intake.columns import guessed_priority, guessed_state, words_of
from commandlog.intake.guess import Guess, guess
from commandlog.intake.mapping import ROLES, Mapping
from commandlog.intake.plan import plan
from commandlog.intake.readers import open_rows
from commandlog.model.covenant import Category, Covenant, Party, Place, Unit
from commandlog.model.errors import RuleError
from tests.intake.imports import DATA, written

COVENANT = Covenant(
    code="test",
    name="Test",
    driver="venue",
    parties=(Party("venue", "Venue", "private", "V"), Party("police", {"nl": "Politie"}, "public", "P")),
    units=(Unit("Oog 2", "venue"), Unit("P3", "police"), Unit("Service 3", "venue")),
    places=(Place("gate-f", {"en": "Gate F", "nl": "Poort F"}), Place("stairs", "Trap west")),
    categories=(Category("fire", "Fire", aliases=("brand",)), Category("crowd", "Drukte")),
)


def guessed(
    tmp_path: Path, content: str, covenant: Covenant | None = COVENANT, mapping: Mapping | None = None
) -> Guess:
    return guess(open_rows(written(tmp_path, content)), mapping, "Europe/Amsterdam", covenant)


def roles(found: Guess) -> dict[str, Any]:
    return {role: value for role in ROLES if (value := getattr(found.columns, role))}


GUESSES: dict[str, dict[str, object]] = {
    "Alarm Time,Unit Clear Time,Notes\n2020-01-01 10:00,2020-01-01 10:20,gate is shut\n"
    "2020-01-01 10:05,2020-01-01 10:25,gate is shut\n": {
        "time": ["Alarm Time"],
        "end": ["Unit Clear Time"],
        "text": ["Notes"],
    },
    "time,from,text\n2020-01-01 10:00,Jan de Vries,all at their posts\n2020-01-01 10:05,Els Bos,it fills up\n": {
        "time": ["time"],
        "person": "from",
        "text": ["text"],
    },
    "time,from,text\n2020-01-01 10:00,Oog 2,all at their posts\n2020-01-01 10:05,P3,it fills up\n": {
        "time": ["time"],
        "unit": "from",
        "text": ["text"],
    },
    "Datum;Čas;Místo;Událost\n13.06.2020;10:00;Brána 1;rvačka\n13.06.2020;10:05;Brána 2;pád\n": {
        "time": ["Datum", "Čas"],
        "place": ["Místo"],
        "text": ["Událost"],
    },
    "Datum;Tijd;Melding;Eenheid;Locatie\n31-12-2019;20:14;brand in container;Oog 2;Poort F\n": {
        "time": ["Datum", "Tijd"],
        "text": ["Melding"],
        "unit": "Eenheid",
        "place": ["Locatie"],
    },
    "case_id,opened,closed,type,description,lat,lon\n7,2020-01-01 10:00,2020-01-01 11:00,fire,a bin burns,52.1,4.3\n"
    "8,2020-01-01 10:05,,noise,loud music,52.2,4.3\n": {
        "time": ["opened"],
        "end": ["closed"],
        "category": "type",
        "text": ["description"],
        "latitude": "lat",
        "longitude": "lon",
        "key": ["case_id"],
    },
    "Incident Type,Location,Borough,Creation Date,Closed Date\nFire,1 Main St,North,10/29/16 12:13,\n"
    "Water,,South,1/2/16 1:13,1/2/16 3:00\n": {
        "time": ["Creation Date"],
        "end": ["Closed Date"],
        "category": "Incident Type",
        "place": ["Location", "Borough"],
    },
    "a,b\n2020-01-01 10:00,something was seen near the gate\n": {"time": ["a"], "text": ["b"]},
    "Horodatage;Objet;Nature;Lieu;Priorité;Statut;Durée (min)\n"
    "01/02/2020 20h14;feu de poubelle;incendie;Gare du Nord;haute;clos;12\n"
    "13/02/2020 20h15;un homme à terre;malaise;Porte F;basse;en cours;3\n": {
        "time": ["Horodatage"],
        "duration": "Durée (min)",
        "text": ["Objet"],
        "place": ["Lieu"],
        "category": "Nature",
        "priority": "Priorité",
        "state": "Statut",
    },
    "Zeitpunkt;Ende;Meldung;Einsatzort;Einsatzart;Dringlichkeit;Funkrufname\n"
    "1.2.2020 20:14;1.2.2020 21:00;Brennt Container am Tor;Hauptstr. 1;Brand;hoch;Florian 1\n"
    "13.2.2020 20:15;;Person gestürzt im Block B;Marktplatz;Sanität;niedrig;Rotkreuz 2\n": {
        "time": ["Zeitpunkt"],
        "end": ["Ende"],
        "text": ["Meldung"],
        "unit": "Funkrufname",
        "place": ["Einsatzort"],
        "category": "Einsatzart",
        "priority": "Dringlichkeit",
    },
    "Folio,Fecha,Hora,Tipo,Descripción,Calle,Latitud,Longitud\n1,01/02/2020,20:14:05,Robo,Robo a comercio,Reforma 1,"
    "19.43,-99.13\n2,13/02/2020,20:15:05,Choque,Choque con lesionados,Juárez 2,19.44,-99.14\n": {
        "time": ["Fecha", "Hora"],
        "text": ["Descripción"],
        "place": ["Calle"],
        "category": "Tipo",
        "latitude": "Latitud",
        "longitude": "Longitud",
        "key": ["Folio"],
    },
    "Data;Orario;Tipologia;Descrizione;Indirizzo\n1/2/2020;20.14;Incendio;fumo dal tetto della scuola;via Roma 1\n"
    "13/2/2020;20.15;Soccorso;persona caduta in stazione;via Milano 2\n": {
        "time": ["Data", "Orario"],
        "text": ["Descrizione"],
        "place": ["Indirizzo"],
        "category": "Tipologia",
    },
    "DataHora;Natureza;Descrição;Concelho\n01/02/2020 20:14;Incêndio;fogo em mato;Lisboa\n"
    "13/02/2020 20:15;Acidente;colisão de dois carros;Porto\n": {
        "time": ["DataHora"],
        "text": ["Descrição"],
        "place": ["Concelho"],
        "category": "Natureza",
    },
    "Data;Godzina;Opis;Miejsce;Rodzaj\n01.02.2020;20:14;pożar śmietnika przy szkole;ul. Długa;pożar\n"
    "13.02.2020;20:15;wypadek dwóch samochodów;ul. Krótka;wypadek\n": {
        "time": ["Data", "Godzina"],
        "text": ["Opis"],
        "place": ["Miejsce"],
        "category": "Rodzaj",
    },
    "Дата;Время;Описание;Адрес;Вид;Статус\n01.02.2020;20:14;горит мусорный бак;ул. Ленина 1;пожар;закрыто\n"
    "13.02.2020;20:15;упал человек на вокзале;ул. Мира 2;помощь;в работе\n": {
        "time": ["Дата", "Время"],
        "text": ["Описание"],
        "place": ["Адрес"],
        "category": "Вид",
        "state": "Статус",
    },
    "Дата;Час;Опис;Адреса;Категорія\n01.02.2020;20:14;горить смітник біля школи;вул. Миру 1;пожежа\n"
    "13.02.2020;20:15;впала людина на вокзалі;вул. Лісова 2;допомога\n": {
        "time": ["Дата", "Час"],
        "text": ["Опис"],
        "place": ["Адреса"],
        "category": "Категорія",
    },
    "date,time,am/pm,tz,text\n1/2/2020,8:14,PM,+01:00,a bin burns\n1/13/2020,8:15,AM,+01:00,it is out\n": {
        "time": ["date", "time", "am/pm", "tz"],
        "text": ["text"],
    },
    'time,text,location\n2020-01-01 20:14,a bin burns,"52.07, 4.30"\n2020-01-01 20:15,it is out,"52.08, 4.31"\n': {
        "time": ["time"],
        "text": ["text"],
        "coordinates": "location",
    },
}


@pytest.mark.parametrize("content", GUESSES)
def test_columns_are_guessed(tmp_path: Path, content: str) -> None:
    assert roles(guessed(tmp_path, content)) == GUESSES[content]


def test_without_a_header_content_decides(tmp_path: Path) -> None:
    units = ["Oog 2", "P3", "Service 3"]
    rows = [
        f"2020-01-01 20:{n:02};{units[n % 3]};{'Poort F' if n % 2 else 'Trap west'};guard number {n} saw a man;"
        f"{'Prio 1' if n % 4 else 'Prio 2'};{'open' if n % 5 else 'closed'};"
        f"{('noise', 'theft')[n % 2]};52.07{n};4.30{n}"
        for n in range(40)
    ]
    found = guessed(tmp_path, "\n".join(rows))
    names = [f"column {n}" for n in range(1, 10)]
    assert roles(found) == {
        "time": names[:1],
        "unit": names[1],
        "place": [names[2]],
        "text": [names[3]],
        "priority": names[4],
        "state": names[5],
        "category": names[6],
        "latitude": names[7],
        "longitude": names[8],
    }


def test_the_covenants_words_are_the_best_evidence(tmp_path: Path) -> None:
    text = "wanneer,wie,plek 7,om wat,zin\n" + "".join(
        f"2020-01-01 20:{n:02},{('Politie', 'Venue')[n % 2]},{('P3', 'Oog 2')[n % 2]},"
        f"{('brand', 'drukte')[n % 2]},row {n}\n"
        for n in range(10)
    )
    found = roles(guessed(tmp_path, text))
    assert (found["party"], found["unit"], found["category"]) == ("wie", "plek 7", "om wat")


def test_codes_come_from_the_covenant_only(tmp_path: Path) -> None:
    text = (
        "time,text,unit,place,category,priority\n"
        "2020-01-01 10:00,a,oog 2,poort f,Brand,P 1\n2020-01-01 10:01,b,J. Doe,Gate Q,Strange Thing,low\n"
    )
    made = plan(COVENANT, written(tmp_path, text))
    first, second = made.entry(0), made.entry(1)
    assert (first.unit, first.place, first.category, first.priority) == ("Oog 2", "gate-f", "fire", "urgent")
    assert (second.unit, second.place, second.where, second.category) == ("", "", "Gate Q", "")
    assert second.raw["category"] == "Strange Thing"
    assert second.raw["unit"] == "J. Doe"
    assert any("unit" in one for one in made.notices)


def test_cyrillic_categories_get_codes_where_the_column_is_named(tmp_path: Path) -> None:
    text = "Дата;Описание;Вид\n01.02.2020 20:14;горит бак;Пожар, бытовой\n13.02.2020 20:15;шум;Été\n"
    named = written(tmp_path, '[columns]\ncategory = "Вид"\n', "m.toml")
    made = plan(COVENANT, written(tmp_path, text), named)
    assert [made.entry(n).category for n in range(2)] == ["pozhar-bytovoi", "ete"]


def test_words_that_say_nothing_are_left_out_of_all_but_texts(tmp_path: Path) -> None:
    text = (
        "time,end,text,unit,place,priority\n2020-01-01 10:00,unknown,none,n.v.t.,onbekend,?\n"
        "2020-01-01 10:01,—,onbekend,Oog 2,Poort F,hoog\n-,,x,,,\n2020-01-01 10:02,,NULL,,Poort F,\n"
    )
    made = plan(COVENANT, written(tmp_path, text))
    first, second, third = (made.entry(n) for n in range(3))
    assert (first.text, first.unit, first.where, first.priority, first.end) == ("none", "", "", "", 0)
    assert (second.text, second.unit, second.place) == ("onbekend", "Oog 2", "gate-f")
    assert third.text == "Poort F"
    assert made.refused_count == 1
    assert not [one for one in made.notices if "end times" in one or "unit" in one or "priorities" in one]


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        *(("P1", "urgent"), ("A1", "urgent"), ("B2", "routine"), ("Prio 2", "elevated"), ("hoog", "urgent")),
        *(("Code rood", "emergency"), ("laag", "routine"), ("GRIP 1", "urgent"), ("GRIP 3", "emergency")),
        *(("1 - Hoog", "urgent"), ("Prio 1 (hoog)", "urgent"), ("Élevée", "urgent"), ("высокий", "urgent")),
        *(("niedrig", "routine"), ("średni", "elevated"), ("whatever", ""), ("12", ""), ("low or high", ""), ("", "")),
    ],
)
def test_priorities(word: str, priority: str) -> None:
    assert guessed_priority(word) == priority


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Closed", "closed"),
        ("Afgehandeld", "closed"),
        ("in behandeling", "under_way"),
        ("открыто", "open"),
        ("blue", ""),
    ],
)
def test_states(word: str, state: str) -> None:
    assert guessed_state(word) == state


def test_ends_states_and_durations(tmp_path: Path) -> None:
    text = (
        "time,end,duur (min),status,text\n2020-01-01 23:50,00:10,,afgehandeld,a\n2020-01-01 10:00,,90,lopend,b\n"
        "2020-01-01 10:00,09:00 1-1-2020,,weird,c\n2020-01-01 10:00,soon,,open,d\n2020-01-01 10:00,,-5,open,e\n"
    )
    made = plan(COVENANT, written(tmp_path, text))
    entries = [made.entry(n) for n in range(5)]
    assert [(one.end - one.occurred) // 60_000 if one.end else 0 for one in entries] == [20, 0, 0, 0, 0]
    assert [one.state for one in entries] == ["closed", "under_way", "weird", "open", "open"]
    assert entries[0].raw["end"] == "2020-01-02T00:10+01:00"
    assert entries[3].raw["end"] == "soon"
    stated = written(tmp_path, '[columns]\nduration = "duur (min)"\n', "m.toml")
    entries = [(made := plan(COVENANT, written(tmp_path, text), stated)).entry(n) for n in range(5)]
    assert [(one.end - one.occurred) // 60_000 if one.end else 0 for one in entries] == [20, 90, 0, 0, 0]
    assert any("duration" in one for one in made.notices)


def test_a_closing_time_or_spelling_filled_in_later_makes_no_second_row(tmp_path: Path) -> None:
    head = "time,end,type,location\n"
    rows = ["2020-01-01 10:00,,Fire,Main St.", "2020-01-01 10:00:40,2020-01-01 12:00,FIRE,main st"]
    keys = [plan(COVENANT, written(tmp_path, head + row + "\n")).entry(0).key for row in rows]
    assert keys[0] == keys[1]


def test_names_of_columns_are_taken_apart() -> None:
    assert {"pme", "time", "stamp", "timestamp"} <= set(words_of("pmeTimeStamp"))
    assert "callsign" in words_of("Call sign")
    assert all(word and " " not in word for words in ROLE_WORDS.values() for word in words)


cells = st.text(max_size=12) | st.sampled_from(
    ("1-1-2020 20:14", "20:14", "-00:05", "52.1", "P1", "open", "POINT(1 2)", "155000", "Oog 2", "none", "²", "٣")
)


@given(
    st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6), st.sampled_from(("", "2020-01-01 10:00"))
)
def test_any_cells_give_a_guess_or_a_rule_error(tmp_path: Path, rows: list[list[str]], start: str) -> None:
    lines = [
        [cell.replace("\n", " ").replace("\r", " ").replace(";", ",").replace('"', "'") for cell in row] for row in rows
    ]
    content = "\n".join(["time;text;lat;lon", *(f"{a};{b};{c};{a}" for a, b, c in lines), "1-1-2020 10:00;a;52;4"])
    mapping = written(tmp_path, f'[time]\nstart = "{start}"\n', "m.toml") if start else None
    try:
        made = plan(COVENANT, written(tmp_path, content.encode("utf-8", "replace").decode()), mapping)
    except RuleError as error:
        assert "\n" not in str(error)
        return
    assert len(made) + made.refused_count >= 1
    assert all(abs(pin[0]) <= 90 and abs(pin[1]) <= 180 for n in range(len(made)) if (pin := made.entry(n).pin))


@pytest.mark.skipif(not DATA.is_dir(), reason="the real logs are not here")
def test_two_real_logs_without_a_mapping() -> None:
    pages = plan(COVENANT, DATA / "p2000-den-haag-2020" / "den_haag_ny_2020_ff_calls.geojson")
    found = roles(pages.guess)
    assert (len(pages), pages.refused_count) == (401, 0)
    assert (found["time"], found["text"], found["key"]) == (["pmeTimeStamp"], ["pmeMessage"], ["pmeId"])
    assert (found["place"], found["priority"], found["latitude"]) == (["pmeStraat"], "pmePrio", "@latitude")
    city = plan(COVENANT, DATA / "nyc-emergency-management" / "nyc_oem_incidents_export_2017.csv")
    found = roles(city.guess)
    assert (len(city), city.refused_count, city.guess.notation.order) == (5_060, 0, "mdy")
    assert (found["time"], found["end"], found["category"]) == (["Creation Date"], ["Closed Date"], "Incident Type")
    assert city.guess.identity == ("Borough", "Incident Type", "Location")
    assert sum(city.entry(n).end > 0 for n in range(len(city))) > 1_000


def test_a_column_whose_name_means_both_coordinates_is_not_both(tmp_path: Path) -> None:
    found = guessed(tmp_path, "time,text,y.x\n2020-01-01 10:00,a,1\n2020-01-01 10:05,b,2\n")
    assert "longitude" not in roles(found)
