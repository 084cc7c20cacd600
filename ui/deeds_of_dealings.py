"""Deeds between parties that are no tasks: agreements by voice, what reached the wrong one, what a unit says of itself.

An agreement is affirmed, denied and ended by the keys of a task: what is meant is the same.
"""

from typing import TYPE_CHECKING

from commandlog.language import _
from commandlog.log.derived import agreements as agreement_rows
from commandlog.log.derived import misdirections
from commandlog.log.derived.agreements import parties_of
from commandlog.log.derived.table import now_at
from commandlog.log.desk import Desk
from commandlog.model.dealings import STATUSES
from commandlog.model.records import Record
from commandlog.model.words import label
from commandlog.verbs import agreeing, misdirecting, units
from commandlog.verbs.tasks import on_behalf

from .about import about
from .asking import Answers, Field

if TYPE_CHECKING:
    from .deeds import Deeds, Subject, Verb


def agreement(deeds: "Deeds") -> None:
    """Ask for what was agreed by voice, and with whom."""
    others = tuple((code, name) for code, name in deeds.parties() if code != deeds.session.party)
    fields = [
        Field("text", _("What was agreed"), wide=True, needed=True),
        Field("until", _("Holds until (23:00)"), check=deeds.time_wrong),
        Field("parties", _("With whom (the figures)"), others, needed=True, many=True),
    ]

    def verb(a: Answers) -> "Verb":
        parties = tuple(one for one in a["parties"].split(",") if one)
        return lambda desk: agreeing.agree_on(desk, a["text"], parties, until=deeds.time(a["until"]))

    deeds.put(_("Agreement by voice"), fields, verb)


def step(deeds: "Deeds", name: str, line: "Subject") -> None:
    """Take a step of an agreement, or say that a misdirection was read, by the key of a task's step."""
    session = deeds.session
    if line.kind == "misdirected":
        row = misdirections.at(session.log.db, now_at(session.log.db, line.entry))
        party = row.reached if row else ""
        source = None if party in ("", session.party) else on_behalf(party)
        session.do(about(line.entry, lambda desk, entry: misdirecting.confirm_read(desk, entry, source=source)))
        return
    state = agreement_rows.current(session.log.db, now_at(session.log.db, line.entry))
    waiting = [one for one in parties_of(state.parties) if one not in parties_of(state.affirmed)] if state else []
    party = session.party if session.party in waiting or not waiting else waiting[0]
    by = Field("by", _("By whom"), tuple(one for one in deeds.parties() if state and one[0] in state.parties), party)
    if name in ("affirm", "accept", "confirm"):
        fields = [by]
        title = _("Affirm {reference}: {text}")
    elif name == "decline":
        fields = [by, Field("text", _("What was not agreed so"), wide=True, needed=True)]
        title = _("Deny {reference}: {text}")
    elif name == "withdraw":
        fields = [by._replace(value=session.party), Field("text", _("Because"), wide=True)]
        title = _("End {reference}: {text}")
    else:
        deeds.told(_("{reference} is an agreement: Y affirms, N denies, W ends it.").format(reference=line.reference))
        return

    def verb(a: Answers) -> "Verb":
        def do(desk: Desk, entry: int) -> Record:
            source = None if a["by"] == desk.party else on_behalf(a["by"])
            if name == "decline":
                return agreeing.deny_agreement(desk, entry, a["text"], source=source)
            if name == "withdraw":
                return agreeing.end_agreement(desk, entry, text=a["text"], source=source)
            return agreeing.affirm_agreement(desk, entry, source=source)

        return about(line.entry, do)

    deeds.ask(title, line, fields, verb)


def misdirected(deeds: "Deeds", line: "Subject") -> None:
    """Ask whom an entry reached by mistake, for whom it was meant, and what the wrong one is to do."""
    fields = [
        Field("reached", _("Whom it reached"), deeds.parties(), needed=True),
        Field("meant", _("For whom it was meant"), deeds.parties(), needed=True),
        Field("text", _("What the wrong one is to do"), wide=True, needed=True),
        Field("back", _("Take it back"), (("yes", _("yes")), ("", _("no")))),
    ]
    deeds.ask(
        _("{reference} reached the wrong party: {text}"),
        line,
        fields,
        lambda a: about(
            line.entry,
            lambda desk, entry: misdirecting.misdirected(
                desk, entry, a["reached"], a["meant"], a["text"], take_back=bool(a["back"])
            ),
        ),
    )


def unit_status(deeds: "Deeds") -> None:
    """Ask what a unit says of itself: free, busy, out of service."""
    callsigns = tuple((one.callsign, one.callsign) for one in deeds.session.covenant.units)
    fields = [
        Field("unit", _("Call sign"), callsigns, needed=True),
        Field("status", _("Says"), tuple((one, label(one)) for one in STATUSES)),
        Field("text", _("In words"), wide=True),
    ]
    deeds.put(
        _("What a unit says of itself"),
        fields,
        lambda a: lambda desk: units.set_status(desk, a["unit"], a["status"], text=a["text"]),
    )
