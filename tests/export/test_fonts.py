from pathlib import Path

import fontpkg_ibm_plex_sans
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.export.fonts import HYPHEN, MISSING, semibold, typefaces

PLEX = Path(str(fontpkg_ibm_plex_sans.__file__)).parent / "files" / "IBMPlexSans[wdth,wght].ttf"


@given(st.text(max_size=300), st.sampled_from([20.0, 60.0, 275.0]))
def test_lines_fit_and_lose_nothing(text: str, room: float) -> None:
    type_ = typefaces().regular
    lines = type_.lines(text, room, 9)
    assert lines
    for line in lines:
        assert type_.width(line) * 9 / 1000 <= room + 0.01 or len(line) == 1 or not line.strip()
        assert "".join(run.text for run in type_.runs(line)) == line
    shown = type_.shown(text)
    assert "".join("".join(lines).replace(HYPHEN, "").split()) == "".join(shown.replace(HYPHEN, "").split())


def test_a_word_that_is_too_long_is_cut_where_it_may_be() -> None:
    lines = typefaces().regular.lines("https://example.org/een/heel/lang/pad/zonder/einde", 120, 9)
    assert lines[0].endswith("/")
    assert "".join(lines) == "https://example.org/een/heel/lang/pad/zonder/einde"


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("Commandokamer", ["Com", "mando", "kamer"]),
        ("Cameratoezichthouder", ["Camera", "toezicht", "houder"]),
        ("veiligheidsregio", ["veilig", "heidsre", "gio"]),
        ("aansprakelijkheid", ["aanspra", "kelijkheid"]),
        ("Wapserveenstraat", ["Wapser", "veen", "straat"]),
    ],
)
def test_a_long_word_is_broken_between_syllables(word: str, parts: list[str]) -> None:
    lines = typefaces().regular.lines(word, 35, 8)
    assert lines == [*(f"{part}{HYPHEN}" for part in parts[:-1]), parts[-1]]


def test_characters_come_from_the_first_font_that_has_them() -> None:
    type_ = typefaces().regular
    assert [run.font for run in type_.runs("a ⚠ б")] == ["CommandLog", "CommandLog-Signs", "CommandLog"]
    assert type_.shown("\U0001f600\u05e9") == MISSING * 2
    assert type_.shown("a\u202eb\x00") == "a‹RLO›b‹NUL›"


def test_the_semi_bold_letters_are_kept_and_mended(tmp_path: Path) -> None:
    first = semibold(PLEX, tmp_path / "fonts")
    whole = first.read_bytes()
    assert semibold(PLEX, tmp_path / "fonts") == first
    first.write_bytes(whole[:1000])
    assert len(semibold(PLEX, tmp_path / "fonts").read_bytes()) == len(whole)
    assert [one.name for one in (tmp_path / "fonts").iterdir()] == [first.name]


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    made = semibold(PLEX, blocked / "fonts")
    assert made.exists()
    made.unlink()


@pytest.mark.parametrize("text", ["", " ", "\n", "a\n\nb"])
def test_empty_lines_stay(text: str) -> None:
    assert typefaces().regular.lines(text, 100, 9) == text.split("\n")
