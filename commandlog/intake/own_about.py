"""Who said an entry of an own export, when, where and for whom, as far as the covenant of this log has it.

What it does not have stays in words: a place under `where`, all else in `raw` under a name that begins with "was:". An
audience is never widened: parties that the covenant does not have fall away, and so does an entry that only they read.
"""

import math
import re
from typing import NamedTuple

from commandlog.intake.own_plan import moment
from commandlog.intake.own_verbs import decided
from commandlog.model.covenant import Covenant
from commandlog.model.flat import WAS, EarlierText, Entry
from commandlog.model.frames import Source, sheet_line
from commandlog.model.records import DecisionWords
from commandlog.model.words import Priority
from commandlog.verbs.context import About

MAX_CODE = 200  # characters of a channel or an origin
_CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
Readers = frozenset[str] | None
"""Parties, None for all."""


class Version(NamedTuple):
    """How an entry read from one correction to the next: the version, its decision, who may read it, who wrote it.

    `reason` is the one that the version itself gave; `corrected_at` when it was made, empty for the first.
    """

    said: Entry | EarlierText
    reason: str
    readers: Readers
    party: str
    decision: DecisionWords | None
    corrected_at: str = ""


def versions(entry: Entry, covenant: Covenant) -> list[Version]:
    """Return the versions of an entry, oldest first; an older one is for those who could read it and all later ones."""
    everything: list[Entry | EarlierText] = [*entry.earlier, entry]
    readers: Readers = None
    found: list[Version] = []
    for number in range(len(everything) - 1, -1, -1):
        one = everything[number]
        readers = both(readers, readers_of(one, covenant))
        before = entry.earlier[number - 1] if number else None
        given = one.given if isinstance(one, EarlierText) else one.reason
        found.append(
            Version(
                said=one,
                reason=before.reason if before else given,
                readers=readers,
                party=before.corrected_by if before else entry.logged_by,
                decision=decided(one),
                corrected_at=before.corrected_at if before else "",
            )
        )
    return found[::-1]


def readers_of(said: Entry | EarlierText, covenant: Covenant) -> Readers:
    """Return the parties of this covenant that could read a version at the moment of the export, None for all."""
    listed = said.readers or said.audience
    return frozenset(one for one in listed if covenant.party(one)) if listed else None


def both(one: Readers, other: Readers) -> Readers:
    """Return those who are among both."""
    return other if one is None else one if other is None else one & other


def about(entry: Entry, version: Version, covenant: Covenant, origin: str, writer: str) -> About:
    """Return what a verb is told of a version, written at a desk of the party `writer`."""
    said = version.said
    raw = dict(entry.raw)
    for name, value in (
        ("reference", entry.reference),
        ("logged_at", entry.logged_at),
        ("corrected_at", version.corrected_at),
    ):
        if value:
            raw.setdefault(f"{WAS}{name}", value)
    where, place = said.where, said.place
    if place and not covenant.place(place):
        where, place = where or place, _kept(raw, "place", place)
    category = said.category
    if category and not (covenant.category(category) or _CATEGORY.fullmatch(category)):
        category = _kept(raw, "category", category)
    priority = said.priority if said.priority in list(Priority) else _kept(raw, "priority", said.priority)
    paper = sheet_line(entry.paper)
    if entry.paper and not paper:
        _kept(raw, "paper", entry.paper)
    readers = version.readers
    listed = said.readers or said.audience or tuple(one.code for one in covenant.parties)
    found: About = {
        "source": _source(said, covenant, raw, writer),
        "occurred_at": moment(said.occurred_at or entry.occurred_at),
        "heard_at": moment(entry.heard_at),
        "place": place,
        "category": category,
        "priority": priority,
        "audience": () if readers is None else tuple(one for one in listed if one in readers),
        "origin": origin[:MAX_CODE],
        "person": said.person,
        "where": where,
        "pin": _pin(said),
        "raw": raw,
    }
    return {**found, "paper": paper} if paper and not version.corrected_at else found


def _kept(raw: dict[str, str], name: str, code: str) -> str:
    """Keep a code that the covenant does not have in words; returns the code that there is instead, none."""
    if code:
        raw.setdefault(f"{WAS}{name}", code)
    return ""


def _source(said: Entry | EarlierText, covenant: Covenant, raw: dict[str, str], writer: str) -> Source | None:
    party, unit, role, channel = said.party, said.unit, said.role, said.channel
    if party and not covenant.party(party):
        party = _kept(raw, "party", party)
    if unit and not covenant.unit(unit):
        unit = _kept(raw, "unit", unit)
    if role and not unit and not covenant.role(role):
        role = _kept(raw, "role", role)
    if len(channel) > MAX_CODE:
        channel = _kept(raw, "channel", channel)
    if party == writer and not (unit or role or channel):
        return None
    return Source(party, unit, role, channel) if party or unit or role or channel else None


def _pin(said: Entry | EarlierText) -> tuple[float, float] | None:
    latitude, longitude = said.latitude, said.longitude
    if latitude is None or longitude is None or not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
