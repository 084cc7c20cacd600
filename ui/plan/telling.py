"""A place in words: where it lies, what goes on there, how full it is, and its latest entry."""

from commandlog.language import _, ngettext
from commandlog.model.harmless import visible
from commandlog.views.crowd import Crowd
from commandlog.views.moments import local

from ..session import Session
from .model import PlaceRow, number

_SHOWN = 220  # characters of an entry


def told_place(row: PlaceRow, session: Session) -> str:
    """Return what there is to say of a place, a line each."""
    covenant, one = session.covenant, row.totals
    place = covenant.place(row.code)
    lines = []
    if place and place.within:
        lines.append(_("in {place}").format(place=covenant.place_name(place.within)))
    lines.append(
        ngettext("{n} entry in the last 30 minutes", "{n} entries in the last 30 minutes", one.entries).format(
            n=one.entries
        )
    )
    if one.open:
        parts = [_("{n} to assess").format(n=one.to_assess)] if one.to_assess else []
        if one.tasks:
            parts.append(ngettext("{n} open task", "{n} open tasks", one.tasks).format(n=one.tasks))
        if one.late:
            parts.append(_("{n} late").format(n=one.late))
        lines.append("◇ " + ", ".join(parts))
    if row.crowd:
        lines.append(told_crowd(row.crowd, session))
    elif place and place.capacity:
        lines.append(_("holds {number}, not counted yet").format(number=number(place.capacity)))
    if latest := one.latest:
        text = " ".join(visible(latest.text[: _SHOWN + 1]).split())
        text = text[:_SHOWN] + "…" if len(text) > _SHOWN else text
        lines.append(f"{local(latest.occurred_at, session.zone):%H:%M}  {latest.reference}  {text}")
    return "\n".join(lines)


def told_crowd(crowd: Crowd, session: Session) -> str:
    """Return how full a place is in words: people, percent, since when, and whether that is too much."""
    parts = []
    if crowd.present is not None:
        people = number(crowd.present)
        whole = _("{number} of {capacity}").format(number=people, capacity=number(crowd.capacity))
        parts.append(whole if crowd.capacity else ngettext("{n} person", "{n} people", crowd.present).format(n=people))
    if crowd.percent is not None:
        parts.append(f"{crowd.percent} %")
    parts.append(_("at {time}").format(time=f"{local(crowd.at, session.zone):%H:%M}"))
    told = ", ".join(parts)
    if crowd.warned:
        return "▲ " + _("{told}: warned from {limit} %").format(told=told, limit=crowd.warn_at)
    return told
