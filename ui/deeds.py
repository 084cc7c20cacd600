"""What is done with an entry or a task, from whatever list: each deed asks what it needs, then calls its verb."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from commandlog.intake import moments
from commandlog.language import _, marked
from commandlog.log.derived import tasks as task_rows
from commandlog.log.desk import Desk
from commandlog.model.covenant import spoken
from commandlog.model.errors import CommandLogError, OutsideMandate
from commandlog.model.mandates import plain
from commandlog.model.records import Record
from commandlog.model.words import Disposition, label
from commandlog.verbs import assessing, marking, saying, tasks
from commandlog.views.attachments import Attachment
from commandlog.views.board import TaskLine
from commandlog.views.lines import Line
from commandlog.views.presence import empty_desk, signed_in

from . import deeds_of_dealings as dealings
from .about import about
from .asking import Answers, Asking, Field
from .session import Session

Verb = Callable[[Desk], Record]


class Subject(NamedTuple):
    """What a deed is about: an entry by its position, the task that it is or belongs to (0: none), and its name.

    `text` is the entry in one line, `words` what was said, to be corrected or asked; `incident` is the one that it
    belongs to (0: none), `audience` who may read it (empty: all).
    """

    entry: int
    task: int
    reference: str
    text: str
    words: str
    incident: int = 0
    audience: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    kind: str = ""
    significant: bool = False

    @classmethod
    def of(cls, line: Line | TaskLine) -> "Subject":
        """Return what a deed on a line of the timeline, or on a task of the board, is about."""
        if isinstance(line, TaskLine):
            return cls(line.row.task, line.row.task, line.reference, line.text, line.text)
        task = line.entry if line.kind == "proposed" else line.task
        words = line.words.text if line.words else ""
        incident = line.entry if line.kind == "incident" else line.incident
        return cls(
            entry=line.entry,
            task=task,
            reference=line.reference,
            text=line.text,
            words=words,
            incident=incident,
            audience=line.audience,
            attachments=line.attachments,
            kind=line.kind,
            significant=line.significant,
        )


class Deeds:
    """The deeds of one window. `told` says something that was done and leaves no row (the window's banner)."""

    def __init__(self, session: Session, asking: Asking) -> None:
        self.session, self.asking = session, asking
        self.told: Callable[[str], None] = session.refused.emit

    # -- entries -------------------------------------------------------------------------------------------------------

    def assess(self, line: Subject) -> None:
        """Decide about a report."""
        dispositions = tuple((str(one), label(one)) for one in Disposition)
        fields = [Field("disposition", _("Disposition"), dispositions), Field("text", _("In words"), wide=True)]
        same = Field("same_as", _("Duplicate of (V1-42)"), needed=True, check=self.reference_wrong)

        def verb(a: Answers) -> Verb:
            if a["disposition"] == Disposition.DUPLICATE:
                of = a.get("same_as", "")
                return about(line.entry, lambda desk, entry: assessing.duplicate(desk, entry, desk.log.find(of)))
            return about(
                line.entry, lambda desk, entry: assessing.assess(desk, entry, a["disposition"], text=a["text"])
            )

        def wanted(a: Answers) -> Field | None:
            return same if a["disposition"] == Disposition.DUPLICATE and "same_as" not in a else None

        self.ask(_("Assess {reference}: {text}"), line, fields, verb, also=wanted)

    def feed_back(self, line: Subject) -> None:
        """Tell the reporter what became of it, which closes the report."""
        fields = [Field("text", _("What was told"), wide=True, needed=True)]
        self.ask(
            _("Tell the reporter of {reference}: {text}"),
            line,
            fields,
            lambda a: about(line.entry, lambda desk, entry: assessing.feed_back(desk, entry, a["text"])),
        )

    def add(self, line: Subject) -> None:
        """Complete an entry."""
        fields = [Field("text", _("Addition"), wide=True, needed=True)]
        self.ask(
            _("Add to {reference}: {text}"),
            line,
            fields,
            lambda a: about(line.entry, lambda desk, entry: saying.add_to(desk, entry, a["text"])),
        )

    def correct(self, line: Subject) -> None:
        """Say how an entry should have read."""
        fields = [
            Field("text", _("It should read"), wide=True, value=line.words, needed=True),
            Field("reason", _("Because"), wide=True),
        ]
        self.ask(
            _("Correct {reference}; the old text stays, struck through"),
            line,
            fields,
            lambda a: about(line.entry, lambda desk, entry: saying.correct(desk, entry, a["text"], reason=a["reason"])),
        )

    def ask_of(self, line: Subject) -> None:
        """Make a task of an entry, for a party or one of its units."""
        fields = [
            Field("text", _("What is asked"), wide=True, value=line.words, needed=True),
            Field("party", _("Of whom"), self.parties_with_presence(), value=self._first_other()),
            Field("unit", _("Unit"), offers=tuple(one.callsign for one in self.session.covenant.units)),
            Field("by", _("Answer by (21:10, 5 min)"), check=self.time_wrong),
            Field("finish", _("Finish by"), check=self.time_wrong),
        ]

        def verb(a: Answers) -> Verb:
            answer_by, finish_by = self.time(a["by"]), self.time(a["finish"])
            return about(
                line.entry,
                lambda desk, entry: tasks.propose(
                    desk,
                    a["text"],
                    to_party="" if a["unit"].strip() else a["party"],
                    to_unit=a["unit"].strip(),
                    entry=entry,
                    answer_by=answer_by,
                    finish_by=finish_by,
                    reason=a.get("reason", ""),
                ),
            )

        self.ask(_("Task from {reference}: {text}"), line, fields, verb)

    def mark(self, line: Subject) -> None:
        """Mark an entry as significant, or no longer."""
        significant = not line.significant
        self.session.do(about(line.entry, lambda desk, entry: marking.mark(desk, entry, significant=significant)))

    # -- tasks ---------------------------------------------------------------------------------------------------------

    def step(self, name: str, line: Subject) -> None:
        """Take a step of a task: one key, unless it needs a reason or somebody to hand over to."""
        task = line.task
        if line.kind in ("agreement", "misdirected"):
            dealings.step(self, name, line)
        elif not task:
            self.session.refused.emit(_("{reference} is no task.").format(reference=line.reference))
        elif name in _REASONS:
            fields = [Field("reason", _("Because"), wide=True, needed=name == "decline")]
            self.ask(_(_REASONS[name]), line, fields, lambda a: self._on_behalf(name, task, a["reason"]))
        elif name == "hand_over":
            fields = [
                Field("party", _("To whom"), self.parties_with_presence(), value=self._first_other()),
                Field("why", _("Because"), wide=True),
            ]
            self.ask(
                _("Hand over {reference}: {text}"),
                line,
                fields,
                lambda a: self._on_behalf(name, task, to_party=a["party"], reason=a.get("reason") or a["why"]),
            )
        else:
            self.session.do(self._on_behalf(name, task))

    def _on_behalf(self, name: str, task: int, *said: str, **more: Any) -> Verb:
        """Return the verb of a step: a loggist who writes for several parties takes it for the one whose word it is."""
        ours = self.session.party

        def verb(desk: Desk, task: int) -> Record:
            row = task_rows.current(desk.log.db, task)
            whose = [getattr(row, side) for side in _WHOSE[name]] if row else []
            source = {"source": tasks.on_behalf(whose[0])} if whose and ours not in whose else {}
            return _STEPS[name](desk, task, *said, **more, **source)

        return about(task, verb)

    # -- how -----------------------------------------------------------------------------------------------------------

    def ask(
        self,
        title: str,
        line: Subject,
        fields: list[Field],
        verb: Callable[[Answers], Verb],
        also: Callable[[Answers], Field | None] = lambda _answers: None,
    ) -> None:
        """Ask, and do it; `also` returns a field that an answer makes necessary."""
        self.put(title.format(reference=line.reference, text=line.text[:80]), fields, verb, also)

    def put(
        self,
        title: str,
        fields: list[Field],
        verb: Callable[[Answers], Verb],
        also: Callable[[Answers], Field | None] = lambda _answers: None,
        done: Callable[[Record], None] = lambda _record: None,
    ) -> None:
        """Ask under a title, and do it; where it lies outside a mandate, the reason is asked for too."""
        asking = self.asking

        def failed(error: CommandLogError) -> None:
            asking.failed(str(error))
            if isinstance(error, OutsideMandate):
                asking.also(Field("reason", _("Reason to go on"), wide=True, needed=True))

        def well(record: Record) -> None:
            asking.done()
            done(record)

        def then(answers: Answers) -> None:
            if field := also(answers):
                asking.also(field)
            else:
                self.session.do(verb(answers), well, failed)

        asking.ask(title, fields, then)

    def parties(self) -> tuple[tuple[str, str], ...]:
        """Return the covenant's parties, to choose from."""
        return tuple((one.code, spoken(one.name)) for one in self.session.covenant.parties)

    def parties_with_presence(self) -> tuple[tuple[str, str], ...]:
        """Return the parties, to choose from; one at whose desk nobody is, says so with whom to call."""
        session = self.session
        here = signed_in(session.log) | {session.party}
        called = {one.code: one.contacts[0].phone for one in session.covenant.parties if one.contacts}
        return tuple(
            (code, name if code in here else " ".join((name, " ○", _("desk empty"), called.get(code, ""))).rstrip())
            for code, name in self.parties()
        )

    def empty_desk(self, party: str) -> str:
        """Return that nobody is at a party's desk, and whom to call; empty where somebody is."""
        return empty_desk(self.session.log, self.session.covenant, party, self.session.party)

    def _first_other(self) -> str:
        return next((one.code for one in self.session.covenant.parties if one.code != self.session.party), "")

    def time(self, text: str) -> int:
        """Return a time to come as people type it ("21:10", "5 min"), 0 for none."""
        now = datetime.fromtimestamp(self.session.log.clock() / 1000, UTC).astimezone(self.session.zone)
        said = plain(text.strip())
        if not said:
            return 0
        found = next((one for begin in _BEGIN for one in [moments.deadline(begin + said, 0, now)] if one), None)
        return found.at if found else 0

    def time_wrong(self, text: str) -> str:
        """Return what is wrong with a time, empty where it can be read."""
        return "" if self.time(text) else _("“{text}” is no time: give 21:10, or 5 min.").format(text=text)

    def reference_wrong(self, text: str) -> str:
        """Return what is wrong with the reference of an entry, empty where there is such an entry."""
        try:
            self.session.log.find(text.strip())
        except CommandLogError as error:
            return str(error)
        return ""


_BEGIN = ("", "by ", "within ")
_STEPS: dict[str, Callable[..., Record]] = {
    "accept": tasks.accept,
    "decline": tasks.decline,
    "start": tasks.start,
    "done": tasks.done,
    "done_told": lambda desk, task, **about: tasks.done(desk, task, told=True, **about),
    "confirm": tasks.confirm,
    "agree_orally": tasks.agree_orally,
    "affirm": tasks.affirm,
    "hand_over": tasks.hand_over,
    "withdraw": tasks.withdraw,
}
_WHOSE = {
    "accept": ("assignee",),
    "decline": ("assignee",),
    "start": ("assignee",),
    "done": ("assignee",),
    "done_told": ("assignee", "requester"),
    "confirm": ("requester",),
    "agree_orally": ("requester",),
    "affirm": ("assignee",),
    "hand_over": ("assignee", "requester"),
    "withdraw": ("requester",),
}
_REASONS = {"decline": marked("Decline {reference}: {text}"), "withdraw": marked("Withdraw {reference}: {text}")}
