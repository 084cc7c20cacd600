"""An entry in the words of a row: put together once for a line, and kept by whoever paints it.

What depends on the clock (how long a report has waited, how long there is still) is told from a Painted and a time, so
that a row can be painted again each second without asking the log.
"""

from datetime import tzinfo
from typing import NamedTuple

from commandlog.language import _, ngettext
from commandlog.log.derived import tasks as task_rows
from commandlog.log.derived.table import PROVISIONAL
from commandlog.model.covenant import Covenant
from commandlog.model.harmless import visible
from commandlog.model.words import AWAITING_ANSWER, OPEN_TASKS, label
from commandlog.views import conflicts
from commandlog.views.lines import Line
from commandlog.views.moments import local

from ..session import Session

DIFFERS = 60_000  # milliseconds between happening and writing from which both times are shown
SHOWN = 600  # characters of a text that a row can ever show
_SETTLED = ("closed", "confirmed", "withdrawn", "merged")
_DAY = 86_400_000
HERE, SHARED = "here", "shared"
_NAMED = 3  # parties that are named in a row; more are counted


class Painted(NamedTuple):
    """A line as it is painted. `since` and `until` (milliseconds UTC, 0: none) are what the state counts from and to.

    `quiet` is what cannot be read here any more, `alert` what met another state than it acted on. `keeping` says of
    what was written at this desk of a shared log where it is: HERE or SHARED.
    """

    time: str
    date: str
    letter: str
    party: int
    tag: str
    role: str
    place: str
    before: str
    text: str
    notes: str
    state: str
    meaning: str
    depth: int
    since: int = 0
    until: int = 0
    quiet: bool = False
    alert: str = ""
    significant: bool = False
    keeping: str = ""

    @property
    def ticks(self) -> bool:
        """Whether its state says another thing each second."""
        return bool(self.since or self.until)

    def standing(self, now: int) -> tuple[str, str]:
        """Return the words for where it stands at a time, and what their colour means."""
        if self.until and now > self.until:
            return " ".join(("!", _("late"), span(now - self.until))), "late"
        if self.until:
            return f"{self.state} {span(self.until - now)}", self.meaning
        if self.since:
            return f"{self.state} {span(max(0, now - self.since))}", self.meaning
        return self.state, self.meaning


class Wording:
    """Puts lines into words: with the names of a covenant, in a zone, and with what `session` knows of tasks."""

    def __init__(self, covenant: Covenant, zone: tzinfo, session: Session | None = None) -> None:
        self.covenant, self.zone, self.session = covenant, zone, session
        self._parties = {one.code: (number, one.letter) for number, one in enumerate(covenant.parties)}

    def painted(self, line: Line) -> Painted:
        """Return a line as it is painted."""
        name = self.covenant
        number, letter = self._parties.get(line.party, (len(self._parties), line.party[:1].upper()))
        role = name.role_name(line.role) if line.role else ""
        place = name.place_name(line.place) if line.place else line.where
        happened = local(line.occurred_at, self.zone)
        state, meaning, since, until = self._state(line)
        return Painted(
            time=f"{happened:%H:%M}",
            date=f"{happened:%d-%m}",
            letter=letter,
            party=number,
            tag=one_line(line.unit or name.party_name(line.party)),
            role=one_line(role),
            place=one_line(place),
            before=one_line(line.struck[-1].text) if line.struck else "",
            text=one_line(line.text),
            notes=" · ".join(self._notes(line)),
            state=state,
            meaning=meaning,
            depth=int(bool(line.thread_reference)),
            since=since,
            until=until,
            quiet=line.recalled or line.kind == "sealed",
            alert=self._conflict(line),
            significant=bool(getattr(line, "significant", False)),
            keeping=self._keeping(line),
        )

    def _keeping(self, line: Line) -> str:
        """Return where something that was written at this desk of a shared log is, empty for everything else."""
        member = self.session.log.member if self.session else None
        if member is None:
            return ""
        if line.seq >= PROVISIONAL:
            return HERE
        return SHARED if line.reference.startswith(f"{member.desk}-") else ""

    def spoken(self, line: Line) -> str:
        """Return a line as it is read aloud: time, who, place, text, state."""
        one = self.painted(line)
        priority = label(line.priority) if line.priority else ""
        now = self.session.log.clock() if self.session else line.logged_at
        state = one.standing(now)[0].lstrip("◇✓›! ")
        marks = (_("significant") if one.significant else "", one.alert, kept_words(one.keeping))
        who = " ".join(part for part in (one.tag, one.role) if part)
        before = _("corrected from {text}").format(text=one.before) if one.before else ""
        parts = (one.time, who, one.place, priority, one.text, before, one.notes, state, *marks, line.reference)
        return ", ".join(part for part in parts if part)

    def copied(self, line: Line) -> str:
        """Return a line as it is copied: when, its reference, who, where, what."""
        name = self.covenant
        place = name.place_name(line.place) if line.place else line.where
        when = f"{local(line.occurred_at, self.zone):%d-%m-%Y %H:%M}"
        parts = (when, line.reference, line.unit or name.party_name(line.party), place, line.text)
        return "  ".join(visible(part) for part in parts if part)

    def _notes(self, line: Line) -> list[str]:
        name = self.covenant
        notes = []
        if abs(line.logged_at - line.occurred_at) >= DIFFERS:
            happened, written = local(line.occurred_at, self.zone), local(line.logged_at, self.zone)
            when = f"{written:%H:%M}" if happened.date() == written.date() else f"{written:%d-%m %H:%M}"
            notes.append(_("written {time}").format(time=when))
        if line.attachments:
            count = len(line.attachments)
            notes.append("⎘ " + ngettext("{n} attachment", "{n} attachments", count).format(n=count))
        if len(line.audience) > _NAMED:
            many = len(line.audience)
            notes.append(ngettext("for {n} party", "for {n} parties", many).format(n=many))
        elif line.audience:
            notes.append(_("for {parties}").format(parties=", ".join(map(name.party_name, line.audience))))
        if line.later:
            notes.append(_("later"))
        return notes

    def _state(self, line: Line) -> tuple[str, str, int, int]:
        """Return the words for where an entry stands, what their colour means, and what they count from and to."""
        if not line.state:
            return "", "muted", 0, 0
        if line.state == "received":
            return "◇ " + _("to assess"), "waiting", line.logged_at, 0
        words = label(line.disposition) if line.disposition else label(line.state)
        until = self._deadline(line)
        if line.state in AWAITING_ANSWER:
            return f"◇ {words}", "waiting", 0, until
        if line.state in (*_SETTLED, "done"):
            return f"✓ {words}", "good", 0, 0
        return f"› {words}", "muted", 0, until

    def _deadline(self, line: Line) -> int:
        """Return the deadline that a task is under now, 0 for none."""
        if line.kind != "proposed" or line.state not in OPEN_TASKS or self.session is None:
            return 0
        row = task_rows.current(self.session.log.db, line.entry)
        if row is None:
            return 0
        return row.answer_by if row.state in AWAITING_ANSWER else row.finish_by

    def _conflict(self, line: Line) -> str:
        """Return what came first, where a record met another state than the one that it acted on."""
        if self.session is None or not (line.frame and line.frame.expects) or line.recalled:
            return ""
        return conflicts.said(self.session.log, self.session.moment, line.seq, self.session.party)


def kept_words(keeping: str) -> str:
    """Return where something is that was written at this desk, in words; empty where nobody has to know."""
    return {HERE: _("stored here"), SHARED: _("in the shared log")}.get(keeping, "")


def one_line(text: str) -> str:
    """Return a text as one line of harmless characters."""
    return " ".join(visible(text[:SHOWN]).split())


def span(millis: int) -> str:
    """Return a stretch of time as people read it off a clock: 2:04, 1:12:00; days from one on."""
    if millis >= _DAY:
        days = millis // _DAY
        return ngettext("{n} day", "{n} days", days).format(n=days)
    hours, rest = divmod(millis // 1000, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
