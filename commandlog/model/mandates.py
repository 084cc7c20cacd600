"""What the covenant says about who may report what, who may do what, and who leads where.

These rules never refuse anything: they name the mandate or the power that something lies outside of, so that a person
can be told before going on.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from commandlog.language import _
from commandlog.model.covenant import Covenant, Mandate, Power, Unit
from commandlog.model.frames import Source
from commandlog.model.records import AnyFrame, Proposed, Report
from commandlog.model.words import label

NEGATIONS = frozenset({"niet", "geen", "zonder", "nooit", "not", "no", "without", "never", "don't", "dont"})
NEGATION_REACH = 3  # words: "niet zelf laten fouilleren" and "fouilleer hem hier niet" are both a no

_URGING = frozenset({"vergeten", "vergeet", "wachten", "aarzelen", "uitstel", "forget", "wait", "hesitate", "delay"})
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_CLAUSE_END = re.compile(r"[.,;:!?–\n]|\b(?:maar|wel|but)\b")
_NEXT_VERB = re.compile(r"\b(?:en|and)\b")  # "fouilleer hem en laat niet gaan"
_WINDOW = 120  # characters; more than three words ever need


def plain(text: str) -> str:
    """Return the text for comparing: without accents and case, one character for each one of `text`."""
    return text.lower() if text.isascii() else "".join(map(_plain_character, text))


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    base = unicodedata.normalize("NFD", character)[0]
    folded = base.casefold()
    return folded if len(folded) == 1 else base


def powers_named(text: str, covenant: Covenant) -> list[Power]:
    """Return the powers that a task's words ask for, in the covenant's order, each once.

    Each of `Power.words` is looked for as whole words; "ontruim*" is how a word begins. What is denied in the same
    clause, at most three words before or after it ("niet fouilleren", "do not search the bag"), is not asked for;
    "niet vergeten te fouilleren" is.
    """
    folded = plain(text).replace("’", "'")
    return [power for power in covenant.powers if any(_asked_for(word, folded) for word in power.words)]


def _asked_for(word: str, folded: str) -> bool:
    return any(not _denied(folded, start, end) for start, end in _mentions(word, folded))


def _mentions(word: str, folded: str) -> Iterator[tuple[int, int]]:
    stem = r"\s+".join(map(re.escape, plain(word).removesuffix("*").split()))
    if stem:
        end = r"\w*" if word.endswith("*") else r"(?!\w)"
        yield from (found.span() for found in re.finditer(rf"(?<!\w){stem}{end}", folded))


def _denied(folded: str, start: int, end: int) -> bool:
    before = _WORD.findall(_CLAUSE_END.split(folded[max(0, start - _WINDOW) : start])[-1])
    after = _WORD.findall(_NEXT_VERB.split(_CLAUSE_END.split(folded[end : end + _WINDOW])[0])[0])
    return _has_negation(before[-NEGATION_REACH:]) or _has_negation(after[:NEGATION_REACH])


def _has_negation(words: list[str]) -> bool:
    return any(word in NEGATIONS and following not in _URGING for word, following in pairwise([*words, ""]))


def check_report(covenant: Covenant, source: Source, category: str) -> Mandate | None:
    """Return the mandate that a report lies outside of, or None where it is within one or none speaks of it.

    The mandates are those of the source's role in its party, or in the parties of its unit; a report without a
    category lies within all, and so does one that another mandate of the same reporter allows.
    """
    unit = covenant.unit(source.unit) if source.unit else None
    role = source.role or (unit.role if unit else "")
    parties = {source.party, *_parties(unit)} - {""}
    limits = [m for m in covenant.mandates if m.role == role and m.party in parties and m.may_report]
    if not category or not limits or any(category in mandate.may_report for mandate in limits):
        return None
    return limits[0]


def check_task(covenant: Covenant, text: str, assignee_party: str, unit: str = "") -> Power | None:
    """Return the first power that a task's words ask for and its assignee lacks, or None.

    A unit of two parties (a guard and a host) holds what either of them holds.
    """
    holders = {assignee_party, *_parties(covenant.unit(unit) if unit else None)}
    return next((power for power in powers_named(text, covenant) if holders.isdisjoint(power.holders)), None)


def lead_of(covenant: Covenant, place: str, category: str) -> str:
    """Return the code of the party that leads at a place for the subject of a category, "" where nobody is named.

    A place without a lead of its own for that subject has that of the place it lies within.
    """
    found = covenant.category(category)
    return lead_for(covenant, place, found.subject) if found else ""


def lead_for(covenant: Covenant, place: str, subject: str) -> str:
    """Return the code of the party that leads at a place for a subject (order, crowd, medical), "" for nobody."""
    seen: set[str] = set()
    here = covenant.place(place)
    while subject and here and here.code not in seen:
        if here.lead.get(subject):
            return here.lead[subject]
        seen.add(here.code)
        here = covenant.place(here.within)
    return ""


def told_of_lead(covenant: Covenant, frame: AnyFrame) -> str:
    """Return the sentence that says who leads where a report or a task is, "" where it is whose it is already.

    That is the party that is asked, else the one that reports; "" too where nobody is named and of all other records.
    """
    if not isinstance(frame, Report | Proposed):
        return ""
    lead, category = lead_of(covenant, frame.place, frame.category), covenant.category(frame.category)
    asked = frame.to_party if isinstance(frame, Proposed) else ""
    if not lead or not category or lead == (asked or (frame.source.party if frame.source else "") or frame.by.party):
        return ""
    told = _("{party} leads at {place} ({subject}).")
    place = covenant.place_name(frame.place)
    return told.format(party=covenant.party_name(lead), place=place, subject=label(category.subject))


def _parties(unit: Unit | None) -> tuple[str, ...]:
    return (unit.party, *unit.parties) if unit else ()
