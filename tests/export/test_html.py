"""The HTML timeline: one file, nothing from elsewhere, no text that becomes markup, and a search that finds."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commandlog.export.exporting import export
from commandlog.export.html_form import _data
from commandlog.export.html_parts import one_line, text
from commandlog.language import speaking
from commandlog.log.desk import sit_down
from commandlog.verbs import marking, saying
from commandlog.views import moments
from tests.export import conftest as scene
from tests.export.browser import Browser

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """A page as a browser reads it: its elements, that they close in order, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.whole = path.read_text("utf-8")
        self.feed(self.whole)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.said).split())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def made(evening: scene.Evening, tmp_path: Path, **options: object) -> Path:
    log = evening.log
    return export(log, tmp_path / "evening.html", moments.live(log), **options).path  # type: ignore[arg-type]


def test_it_is_one_file_that_lets_nothing_else_in(evening: scene.Evening, tmp_path: Path) -> None:
    page = Page(made(evening, tmp_path))
    for name in ("src", "srcset", "action", "style", "onclick", "onload", "formaction", "poster", "background"):
        assert not [one for _tag, one in page.elements if name in one], name
    assert {tag for tag, _one in page.elements}.isdisjoint({"link", "img", "iframe", "object", "embed", "base", "svg"})
    assert all(str(one["href"]).startswith("#") for one in page.of("a"))
    (policy,) = [one["content"] for one in page.of("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy).startswith("default-src 'none'; ")
    assert "unsafe" not in str(policy)
    for tag in ("style", "script"):
        (code,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.whole, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in str(policy)
    assert not re.search(r"url\(|@import|https?:", page.whole.split("<main>")[0])


def test_it_says_what_it_is(evening: scene.Evening, tmp_path: Path) -> None:
    page = Page(made(evening, tmp_path))
    assert page.of("html") == [{"lang": "en"}]
    for said in (
        "Northern Light Live at De Dijk Stadium",
        "EXERCISE",
        "Europe/Amsterdam, UTC+02:00",
        "Stadion De Dijk",
        "Saturday 27 June 2026",
    ):
        assert said in page.text
    query = "SELECT hash FROM records WHERE seq = ?"
    head = evening.log.db.execute(query, (moments.live(evening.log).position,)).fetchone()[0].hex()
    assert page.text.count(" ".join(head[at : at + 4] for at in range(0, 16, 4))) == 2


def test_every_entry_is_there_with_what_was_struck_and_why(evening: scene.Evening, tmp_path: Path) -> None:
    page = Page(made(evening, tmp_path))
    entries = [one["id"] for one in page.of("li") if "e" in str(one.get("class")).split()]
    assert len(set(entries)) == len(entries) > 20
    assert "Iemand gevallen in vak 112" in re.findall(r"<del[^>]*>(.*?)</del>", page.whole)
    for said in ("verkeerd verstaan", "place: Poort F → Block 121", "only Police", "oranje", "17:47:00 late"):
        assert said in page.text
    assert 'datetime="2026-06-27T21:02:00+02:00"' in page.whole
    targets = {one["id"] for _tag, one in page.elements if "id" in one}
    assert {str(one["href"])[1:] for one in page.of("a")} <= targets


def test_what_was_marked_and_what_came_from_paper_says_so(evening: scene.Evening, tmp_path: Path) -> None:
    typed = saying.note(evening.desk, "Van papier", occurred_at=scene.at("22:00"), paper="V1-02/3")
    marking.mark(evening.desk, typed.seq)
    page = Page(made(evening, tmp_path))
    assert "from paper V1-02/3" in page.text
    (marked,) = [one for one in page.of("li") if "star" in str(one.get("class"))]
    assert marked["id"] == typed.reference
    assert "★ significant" in page.text


def test_text_is_data(evening: scene.Evening, tmp_path: Path) -> None:
    nasty = "</script><script>alert(1)</script><!-- ]]> \u2028 \u202e \x00 \" ' & &lt; <b onclick=x>"
    saying.note(evening.desk, nasty, person=nasty, where=nasty)
    page = Page(made(evening, tmp_path))
    assert len(page.of("script")) == 2
    assert "</script><script>alert(1)</script><!-- ]]> ‹LS› ‹RLO› ␀ \" ' & &lt; <b onclick=x>" in page.text
    assert not set("\u2028\u202e\x00") & set(page.whole)
    for said in ("<b>vet</b>", "weight <b &", "<male>", "Жовтень", "😀"):
        assert said in page.text


@given(st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_opens_an_element_or_an_attribute(said: str) -> None:
    for shown in (text(said), one_line(said)):
        assert not set("<>\"'") & set(shown)
        assert not re.search(r"&(?!(amp|lt|gt|quot|#x27);)", shown)
    data = _data({"said": shown})
    assert not set("<>&") & set(data)


def test_a_party_finds_only_what_it_may_read(evening: scene.Evening, tmp_path: Path) -> None:
    assert scene.CANARY in made(evening, tmp_path).read_text("utf-8")
    page = Page(made(evening, tmp_path, for_party="baken"))
    assert "Zwartkop" not in page.whole
    assert "This copy holds only what Baken Security may read" in page.text


def test_ranges_and_sections(evening: scene.Evening, tmp_path: Path) -> None:
    since = moments.clock_of(evening.log, "2026-06-27 21:00", end=False)
    page = Page(made(evening, tmp_path, since=since, sections=("timeline",)))
    assert "Man filmt camera's" not in page.text
    assert "Onbeheerde tas vak 118" in page.text
    assert not [one for one in page.of("h2") if one.get("id")]


def test_it_speaks_dutch(evening: scene.Evening, tmp_path: Path) -> None:
    with speaking("nl"):
        page = Page(made(evening, tmp_path))
    assert page.of("html") == [{"lang": "nl"}]
    assert "zaterdag 27 juni 2026" in page.text
    assert "Tijdlijn" in page.text


@pytest.mark.parametrize("entries", [0, 1])
def test_a_log_with_next_to_nothing_in_it_is_a_page_too(empty: scene.Evening, tmp_path: Path, entries: int) -> None:
    for _ in range(entries):
        saying.note(empty.desk, "Het enige")
    page = Page(made(empty, tmp_path))
    assert ("Het enige" in page.text) == bool(entries)
    assert ("Nothing has been logged yet." in page.text) != bool(entries)


def test_long_texts_and_many_days(empty: scene.Evening, tmp_path: Path) -> None:
    saying.note(empty.desk, "x" * 100_000)
    for number in range(60):
        empty.clock.now += 86_400_000
        saying.note(empty.desk, f"Dag {number}")
    page = Page(made(empty, tmp_path))
    assert "x" * 100_000 in page.text
    assert len(page.of("a")) < 70
    assert sum(one.get("class") == "day" for one in page.of("section")) == 61


def test_colours_can_be_read_in_light_dark_and_print() -> None:
    style = (Path(__file__).parents[2] / "resources" / "html" / "timeline.css").read_text("utf-8")
    for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", block))
        grounds = [colours["paper"], colours["wash"], colours["now"]]
        for name in set(colours) - {"paper", "wash", "rule", "now", "hit", "hit-ink"}:
            assert min(_contrast(colours[name], ground) for ground in grounds) >= 4.5, name
        if "hit" in colours:
            assert _contrast(colours["hit"], colours["hit-ink"]) >= 7


def _contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, relative luminance)."""
    lights = sorted(map(_light, (one, other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _light(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# -- in a real browser ---------------------------------------------------------------------------------------------

SHOWN = "[...document.querySelectorAll('ol:not([hidden]) > .e:not([hidden])')].map((one) => one.id)"
MARKS = "[...document.querySelectorAll('mark')].map((one) => one.textContent)"
AT = "document.querySelector('.at')?.id ?? ''"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as one:
        yield one


def test_a_browser_searches_as_the_address_says(evening: scene.Evening, tmp_path: Path, browser: Browser) -> None:
    police = sit_down(evening.log, evening.settings, "police")
    saying.note(police, "Café Ölü Łódź: naïef Straße")
    path = made(evening, tmp_path)
    browser.open(path, "#q=" + quote("CAFE olu lodz strasse"))
    assert len(browser.says(SHOWN)) == 1
    assert browser.says(MARKS) == ["Café", "Ölü", "Łódź", "Straße"]
    browser.open(path, "#q=" + quote('"vak 121" -val') + "&party=" + quote("Stadion De Dijk"))
    browser.until(f"!{SHOWN}.includes('V1-4')")
    assert browser.says(MARKS) == []
    browser.open(path, "#q=" + quote('"vak 121" -moeder') + "&party=" + quote("Baken Security"))
    browser.until("document.querySelectorAll('mark').length > 0")
    assert set(browser.says(MARKS)) == {"vak 121"}
    browser.open(path, "#q=f")
    browser.until(f"{SHOWN}.length > 0 && {MARKS}.every((one) => one === 'F' || one === 'f')")
    before = "[...document.querySelectorAll('mark')].map((one) => one.previousSibling?.data ?? '')"
    assert not [one for one in browser.says(before) if one[-1:].isalnum()]


def test_one_searches_with_the_keyboard(evening: scene.Evening, tmp_path: Path, browser: Browser) -> None:
    path = made(evening, tmp_path)
    browser.open(path)
    everything = browser.says(SHOWN)
    assert everything == [one["id"] for one in Page(path).of("li") if one.get("id")]
    assert browser.says("document.getElementById('bar').hidden") is False
    browser.press("/")
    assert browser.says("document.activeElement.name") == "q"
    browser.press(*"poort")
    browser.until(f"{SHOWN}.length < {len(everything)}")
    hits = browser.says(SHOWN)
    assert 2 < len(hits) < len(everything)
    browser.press("Enter")
    assert browser.says(AT) == hits[0]
    browser.press("Enter", "ArrowUp", "ArrowUp")
    assert browser.says(AT) == hits[-1]
    assert browser.says("document.querySelector('output').textContent").startswith(f"{len(hits)} of {len(hits)} · ")
    browser.says("document.activeElement.blur()")
    browser.press("n", "n", "p")
    assert browser.says(AT) == hits[0]
    assert browser.says("location.hash") == "#q=poort"
    browser.press("Escape")
    assert browser.says(SHOWN) == everything
    assert browser.says(MARKS) == []
    assert browser.says(AT) == hits[0]
    assert browser.says("document.querySelector('.e').getAttribute('aria-current')") is None


def test_filters_list_what_there_is(evening: scene.Evening, tmp_path: Path, browser: Browser) -> None:
    browser.open(made(evening, tmp_path))
    options = "[...document.querySelector('select[name=priority]').options].map((one) => one.dataset.name ?? '')"
    assert browser.says(options) == ["", "routine", "elevated", "urgent", "emergency"]
    browser.says(
        "{const s = document.querySelector('select[name=priority]'); s.value = [...s.options].find((o) =>"
        " o.dataset.name === 'emergency').value; s.dispatchEvent(new Event('change'));}"
    )
    assert len(browser.says(SHOWN)) == 1
    assert browser.says("location.hash") == "#priority=emergency"
    assert browser.says("document.querySelectorAll('.day:not([hidden]) .hour:not([hidden])').length") == 1


def test_hostile_text_stays_text_in_a_browser(evening: scene.Evening, tmp_path: Path, browser: Browser) -> None:
    nasty = "</script><script>document.title='x'</script><img src=x onerror=\"document.title='x'\"> <mark>\u2028"
    saying.note(evening.desk, nasty, person=nasty)
    browser.open(made(evening, tmp_path), "#q=" + quote("onerror"))
    assert browser.says("document.title") == "Northern Light Live at De Dijk Stadium: incident log"
    assert browser.says("document.images.length") == 0
    assert "onerror" in browser.says(MARKS)
    browser.open(made(evening, tmp_path), "#q=" + quote("<b>&party=<script>") + "&kind=" + quote('"><script>'))
    assert browser.says("document.scripts.length") == 2


def test_nothing_found_says_so(evening: scene.Evening, tmp_path: Path, browser: Browser) -> None:
    browser.open(made(evening, tmp_path), "#q=komtnietvoor")
    assert browser.says(SHOWN) == []
    assert browser.says("document.getElementById('nothing').hidden") is False
