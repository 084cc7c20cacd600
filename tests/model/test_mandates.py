"""What the covenant warns of: powers that a task asks for, reports outside a mandate, and who leads where."""

import pytest

from commandlog.model.frames import By, Source
from commandlog.model.mandates import check_report, check_task, lead_of, plain, powers_named, told_of_lead
from commandlog.model.records import AnyFrame, Note, Proposed, Report
from commandlog.model.scenario import load

COVENANT = load("concert")


@pytest.mark.parametrize(
    ("text", "powers"),
    [
        ("man fouilleren bij poort F", ["search"]),
        ("aanspreken als gastheer, niet fouilleren", []),
        ("niet zelf laten fouilleren", []),
        ("fouilleer hem niet", []),
        ("fouilleer hem en laat niet gaan", ["search"]),
        ("niet vergeten te fouilleren", ["search"]),
        ("niet wachten, fouilleren", ["search"]),
        ("niet aanspreken maar fouilleren", ["search"]),
        ("Search the bag of the man", ["search"]),
        ("do not search the bag", []),
        ("approach without searching bags", []),
        ("search for the girl", []),
        ("zonder uitstel aanhouden", ["arrest"]),
        ("aanhoudende regen", []),
        ("Vraag zijn identiteitsbewijs en houd aan", ["identify", "arrest"]),
        ("Niet ontruimen, ruimte maken", []),
        ("tribune ontruimen", ["evacuate"]),
        ("", []),
        ("\x00\ud800", []),
    ],
)
def test_powers_that_words_ask_for(text: str, powers: list[str]) -> None:
    assert [power.code for power in powers_named(text, COVENANT)] == powers


def test_a_task_is_held_against_its_assignee() -> None:
    lacking = check_task(COVENANT, "man fouilleren", "baken")
    assert lacking is not None
    assert lacking.article.startswith("Politiewet")
    assert check_task(COVENANT, "man fouilleren", "police") is None
    assert check_task(COVENANT, "vak 112 ontruimen", "baken") is not None
    assert check_task(COVENANT, "vak 112 ontruimen", "baken", "Service 3") is None


@pytest.mark.parametrize(
    ("source", "category", "outside"),
    [
        (Source(unit="Oog 2"), "suspicious", ""),
        (Source(unit="Oog 2"), "vip", "profiler-baken"),
        (Source(party="baken", role="profiler"), "lost-property", "profiler-baken"),
        (Source(unit="Oog 2"), "", ""),
        (Source(unit="Service 3"), "access", ""),
        (Source(unit="Eenheid 11"), "vip", ""),
        (Source(), "vip", ""),
        (Source(unit="nobody"), "vip", ""),
    ],
)
def test_reports_outside_a_mandate(source: Source, category: str, outside: str) -> None:
    mandate = check_report(COVENANT, source, category)
    assert (mandate.code if mandate else "") == outside


@pytest.mark.parametrize(
    ("place", "category", "party"),
    [
        ("gate-f", "suspicious", "police"),
        ("gate-f", "crowd", "venue"),
        ("gate-f", "medical", "first-aid"),
        ("platform", "crowd", "police"),
        ("block-112", "suspicious", "venue"),
        ("stage", "crowd", "organiser"),
        ("block-112", "information", ""),
        ("nowhere", "crowd", ""),
        ("gate-f", "nothing", ""),
    ],
)
def test_who_leads(place: str, category: str, party: str) -> None:
    assert lead_of(COVENANT, place, category) == party


def frame(kind: type[AnyFrame], place: str, category: str, by: str, **more: object) -> AnyFrame:
    fields = {"number": 1, "logged_at": 0, "occurred_at": 0, "place": place, "category": category, **more}
    return kind(by=By(by, f"{by[0].upper()}1"), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (frame(Report, "gate-f", "suspicious", "venue"), "Police leads at Gate F (public order)."),
        (frame(Report, "gate-f", "suspicious", "venue", source=Source(party="police")), ""),
        (
            frame(Report, "gate-f", "crowd", "venue", source=Source(party="baken")),
            "Stadion De Dijk leads at Gate F (crowd).",
        ),
        (frame(Report, "gate-f", "crowd", "venue"), ""),
        (frame(Report, "gate-f", "", "venue"), ""),
        (frame(Report, "", "suspicious", "venue"), ""),
        (frame(Report, "block-112", "information", "police"), ""),
        (frame(Proposed, "gate-f", "suspicious", "venue", to_party="police"), ""),
        (frame(Proposed, "gate-f", "suspicious", "police", to_party="baken"), "Police leads at Gate F (public order)."),
        (frame(Note, "gate-f", "suspicious", "venue"), ""),
    ],
)
def test_whoever_is_not_leading_is_told_who_does(given: AnyFrame, told: str) -> None:
    assert told_of_lead(COVENANT, given) == told


@pytest.mark.parametrize("text", ["Poört", "İß", "ﬁ", "\ud800", "à", "𝔄"])
def test_a_plain_text_keeps_its_length(text: str) -> None:
    assert len(plain(text)) == len(text)
