"""CSV of any make: encodings, separators, rows of names, and what is no row."""

from pathlib import Path

import pytest

from commandlog.intake.readers import open_rows
from commandlog.intake.rows import Shape, Table
from commandlog.model.errors import RuleError
from tests.intake.imports import DATA


def written(tmp_path: Path, content: str | bytes, name: str = "log.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(tmp_path: Path, content: str | bytes, name: str = "log.csv", **shape: object) -> Table:
    return open_rows(written(tmp_path, content, name), Shape(**shape))  # type: ignore[arg-type]


def rows(table: Table) -> list[tuple[str, ...]]:
    return [row.values for row in table]


LANGUAGES = {
    "cp1252": [
        "heure;texte\n20:14;Un homme blessé près de la gare, évacué à l'hôpital\n",
        "tijd;melding\n20:14;Twee man geëvacueerd, coördinator ingelicht\n",
        "Zeit;Meldung\n20:14;Person stürzt auf der Straße, Rettungsdienst benötigt\n",
        "hora;texto\n20:14;Señal de alarma ¿confirmada? niño perdido\n",
        "tijd;melding\n20:14;Hij zei ‘ik kom niet’ – prijs € 5\n",
        "time;text\n20:14;a café\n",
        "tid;tekst\n20:14;Brann på kjøkkenet, røyk i gården, må ha ambulanse\n",
    ],
    "cp1250": [
        "czas;treść\n20:14;Pożar śmietnika przy bramie, wysłano straż, łącznie pięć osób\n",
        "čas;zpráva\n20:14;Požár v přízemí domu, vyslána jednotka, přivolána služba\n",
        "idő;szöveg\n20:14;Tűz a kapunál, kivonultak a tűzoltók, mentőt hívtak\n",
    ],
    "iso8859_2": ["czas;treść\n20:14;Pożar śmietnika przy bramie, wysłano straż, łącznie pięć osób\n"],
    "cp1251": [
        "время;сообщение\n20:14;Пожар в здании на улице Ленина\n20:16;Прибыл наряд полиции\n",
        "час;повідомлення\n20:14;Пожежа в будинку на вулиці Шевченка, їдуть рятувальники\n",
        "time;text\n20:14;Пожар\n20:16;Вода\n",
    ],
    "koi8_r": ["время;сообщение\n20:14;Пожар в здании на улице Ленина\n20:16;Прибыл наряд полиции\n"],
    "cp866": ["время;сообщение\n20:14;Пожар в здании на улице Ленина\n20:16;Прибыл наряд полиции\n"],
    "cp1253": ["ώρα;μήνυμα\n20:14;Φωτιά σε κάδο στην πύλη\n20:16;Τραυματίας στη σκηνή\n"],
    "cp1254": ["saat;mesaj\n20:14;Kapıda yangın ihbarı, ekip gönderildi, güvenlik çağrıldı\n"],
    "cp1257": ["laikas;žinutė\n20:14;Gaisras prie vartų, išsiųsta komanda, iškviesta greitoji\n"],
    "cp850": ["tijd;melding\n20:14;Twee man geëvacueerd, coördinator ingelicht\n20:15;één persoon\n"],
    "cp932": ["時刻,内容\n20:14,ゲートで火災が発生しました\n20:16,警察が到着\n"],
    "gb18030": ["时间,内容\n20:14,门口发生火灾\n20:16,警察到达现场\n"],
}


@pytest.mark.parametrize(("encoding", "text"), [(name, text) for name, texts in LANGUAGES.items() for text in texts])
def test_languages_are_read_in_their_encodings(tmp_path: Path, encoding: str, text: str) -> None:
    table = read(tmp_path, text.encode(encoding))
    separator = ";" if ";" in text else ","
    assert [table.columns, *rows(table)] == [tuple(line.split(separator)) for line in text.splitlines()]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_unicode_with_and_without_marks(tmp_path: Path, encoding: str) -> None:
    text = "time,text\n" + "2020-01-01 20:14,café près de la gare\n" * 5
    assert rows(read(tmp_path, text.encode(encoding)))[0] == ("2020-01-01 20:14", "café près de la gare")


def test_a_few_broken_bytes_do_not_change_the_encoding(tmp_path: Path) -> None:
    good = "time,text\n" + "".join(f"20:{n:02},größere Übung café\n" for n in range(60))
    table = read(tmp_path, good.encode() + b"21:00,cut \xe2\x82 here and \xff there\n")
    assert rows(table)[0][1] == "größere Übung café"
    assert "\ufffd" in rows(table)[-1][1]
    assert [one for one in table.notices if one.startswith("3 bytes")]


def test_the_mapping_decides_the_encoding(tmp_path: Path) -> None:
    table = read(tmp_path, "time,text\n20:14,é\n".encode("cp1252"), encoding="cp1251")
    assert rows(table) == [("20:14", "й")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "idna", "punycode", "unicode_escape", "utf-7", "undefined"])
@pytest.mark.parametrize("content", [b"time,text\n20:14,\xe9\n", b"<table><tr><td>\xe9</table>", b'[{"a": "\xe9"}]'])
def test_an_encoding_that_is_not_that_of_the_file(tmp_path: Path, encoding: str, content: bytes) -> None:
    try:
        list(read(tmp_path, content, encoding=encoding))
    except RuleError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("time;amount;text\n20:14;4,3;a, b, c\n20:15;5,1;d, e\n", ("time", "amount", "text")),
        ("amount;text\n4,3;a\n5,1;b\n", ("amount", "text")),
        ("sep=;\ntime;text\n20:14;a,b,c\n20:15;d,e,f\n", ("time", "text")),
        ("sep=|\ntime|text\n20:14|a\n", ("time", "text")),
        ("time\ttext\n20:14\ta, b; c\n20:15\td\n", ("time", "text")),
        ("time,text,place\n20:14,a\n20:15,a,b\n20:16,a,b,\n20:17\n20:18,c,d\n", ("time", "text", "place")),
        ('time,text\n20:14,"' + "long; and; longer; " * 200 + '"\n20:15,"x;y\nz"\n', ("time", "text")),
        ("text\n2020-01-01 20:14 a fire; a big one\nand more\n", ("text",)),
    ],
)
def test_separators_that_are_hard_to_tell(tmp_path: Path, content: str, columns: tuple[str, ...]) -> None:
    table = read(tmp_path, content)
    assert table.columns == columns
    assert rows(table)
    assert not table.refused


@pytest.mark.parametrize(
    ("content", "columns", "first"),
    [
        ("время;P2000 code;сообщение\n20:14;3;пожар\n", ("время", "P2000 code", "сообщение"), 2),
        ("Log\nTime,,Place,\nstart,end,name,zone\n20:14,,gate,A\n20:14,,gate,A\n", None, 4),
        ("Time,,Place,\nstart,end,name,zone\n20:14,20:15,gate,A\n", None, 3),
        ("time,speed,text\n(UTC),(km/h),\n20:14,5,a\n20:15,6,b\n", ("time / (UTC)", "speed / (km/h)", "text"), 3),
        ("Log of Friday\nPrinted by J.\n\ntime,text,place\n20:14,a,b\n20:15,a,b\n", ("time", "text", "place"), 5),
        (
            "Event:,Concert\nDate:,2020-01-01\n\ntime,text,place,unit\n20:14,a,b,c\n",
            ("time", "text", "place", "unit"),
            5,
        ),
        ("a preface\n" * 12 + "time,text,place\n20:14,a,b\n20:15,a,b\n", ("time", "text", "place"), 14),
        ('"Date\nand time",text\n20:14,a\n', ("Date and time", "text"), 3),
        (",time,text\n0,20:14,a\n1,20:15,b\n", ("column 1", "time", "text"), 2),
        ("time;text;\n20:14;a;\n20:15;b;\n", ("time", "text", "column 3"), 2),
        ("20:14,a,b\n20:15,c,d\n", ("column 1", "column 2", "column 3"), 1),
        ("time,text\n,no time here\n20:14,a\n", ("time", "text"), 2),
        ("20:13,,,,\n" + "20:14,a,b,c,d\n" * 3, None, 1),
        ("time,text\n", ("time", "text"), 0),
        ("31 Dec 2019 23:58,a\n1 Jan 2020 00:10,b\n", ("column 1", "column 2"), 1),
        ("1:00 PM,a\n2:00 PM,b\n", ("column 1", "column 2"), 1),
    ],
)
def test_rows_that_name_the_columns(tmp_path: Path, content: str, columns: tuple[str, ...] | None, first: int) -> None:
    table = read(tmp_path, content)
    if columns:
        assert table.columns == columns
    assert next((row.line for row in table), 0) == first


def test_several_rows_of_names_are_joined(tmp_path: Path) -> None:
    table = read(tmp_path, "Time,,Place,\nstart,end,name,zone\n20:14,20:15,gate,A\n")
    assert table.columns == ("Time / start", "Time / end", "Place / name", "Place / zone")
    assert table.notices == ("2 rows name the columns: they are joined.",)
    assert read(tmp_path, "a,b\nc,d\n1,2\n", header=2).columns == ("a / c", "b / d")
    assert read(tmp_path, "a,b\nc,d\n1,2\n", header=0).columns == ("column 1", "column 2")
    assert read(tmp_path, "a,b\nc,d\n1,2\n", header=False).columns == ("column 1", "column 2")


def test_headers_that_come_back_and_totals_are_left_out_and_said(tmp_path: Path) -> None:
    part = "time,text,count\n20:14,a,1\n20:15,b,2\n"
    table = read(tmp_path, part * 3 + "Total,,9\n")
    assert len(rows(table)) == 6
    assert any("2 rows" in one for one in table.notices)
    assert any("totals" in one for one in table.notices)
    assert not table.refused
    for last in ("20:14,Total chaos", "Total blackout,20:14", "Total,20:14", "Total,"):
        assert rows(read(tmp_path, f"time,text\nTotal,5\n20:10,a\n{last}\n"))[-1] == tuple(last.split(","))


def test_long_cells_and_zeros(tmp_path: Path) -> None:
    table = read(tmp_path, f"time,text\n20:14,{'я' * 5000}\n20:15,a\0b\n20:16,{'x' * 100_001}\n20:17,c\n")
    assert [len(row[1]) for row in rows(table)] == [5000, 2, 1]
    assert [(one.line, one.column) for one in table.refused] == [(4, "text")]


def test_notices_belong_to_one_reading(tmp_path: Path) -> None:
    table = read(tmp_path, "time,text\n20:14,a\ntime,text\n")
    for _again in range(3):
        assert len(rows(table)) == 1
        assert len(table.notices) == 1


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b"\x89PNG\r\n\x1a\n....", "picture"),
        (b"\xff\xd8\xff\xe0....", "picture"),
        (b"\x1f\x8b\x08....", "gzip"),
        (b"SQLite format 3\0....", "database"),
        (b"\x7fELF....", "program"),
        (b"MZ\x90\0....", "program"),
        (b"{\\rtf1 text}", "text document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 3000, "no workbook"),
        (b"PK\x03\x04 broken", "damaged"),
        (b'<?xml version="1.0"?><kml xmlns="x"><Document/></kml>', "KML"),
        (b'<?xml version="1.0"?><gpx><wpt/></gpx>', "GPX"),
        (b'<?xml version="1.0"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>', "CAP"),
        (b'<?xml version="1.0"?><svg/>', "picture"),
        (b'<?xml version="1.0"?><thing/>', "XML"),
        (b"<html><body>nothing</body></html>", "without a table"),
        (b"", "empty"),
        (b"\r\n \t\n", "empty"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes, word: str) -> None:
    with pytest.raises(RuleError, match=word) as caught:
        open_rows(written(tmp_path, content, "log.dat"))
    assert "\n" not in str(caught.value)


def test_a_cap_alert_is_named() -> None:
    alerts = DATA / "cap-alerts"
    if not alerts.is_dir():
        pytest.skip("the real data is not here")
    for one in alerts.iterdir():
        with pytest.raises(RuleError, match="CAP"):
            open_rows(one)
