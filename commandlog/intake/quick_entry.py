"""The entry line: one line as an operator types it, read into who, where, when, about what and for whom.

`[time] [call sign] [place] words… [#category] [!priority] [>addressee [by time]] [@audience]`, in any order, in Dutch
and English. Nothing is ever refused: what is not recognised stays in the words, and a line in which nothing is
recognised is a note. How people write is not regular, so each rule below errs towards leaving words where they are.

Two sorts of line say one thing only, and are read so where nothing else stands on them: a count, "tel poort F 1240" or
"count gate F 70 %" (people present; "in" or "uit" behind the number says who went in or out), and what a unit says of
itself, "Oog 2 vrij". A line has one addressee: a second one stays in the words, and whoever typed it is told so.
"""

import re
from datetime import UTC, datetime

from msgspec import Struct

from commandlog.intake import moments
from commandlog.intake.names import Found, Names, Vocabulary, vocabulary
from commandlog.model.checks import zone_named
from commandlog.model.covenant import Covenant
from commandlog.model.mandates import plain
from commandlog.model.words import label

_MARK = re.compile(r"(?<!\S)[#!>@]")
_BETWEEN = re.compile(r"[\s,;:.|–—-]*")
_SPACES = re.compile(r"[\s,]*")
_WORD = re.compile(r"[\w-]+")
_LETTER = re.compile(r"[^\W_]")
_COMMA = re.compile(r"[,&+](?=\S)")
_TASK = re.compile(r"(?<![\w#!>@])(?:task|taak|actie|opdracht|verzoek|request)(?!\w)")
_CALLED = r"(?P<called>(?:[^\W_][\w'’-]*[\s,]{1,3}){0,6}?)"
_RADIO = re.compile(_CALLED + r"(?P<says>hier is|hier|dit is|this is|here is|here|van|from)[\s,]{1,3}")
_HERE = re.compile(r"\s{1,3}(?:hier|here)(?=\s{0,3}[,:;.–-])")
_GOES_ON = re.compile(
    r"\s*[&+/]|['’]s\b|\s+(?:en|of|and|or|to|tot|t/m|is|zijn|was|wordt|are|has|heeft|staat|loopt|kan|kunnen|moet|gaat"
    r"|meldt|zegt|vraagt|reports|says|asks)\b"
)
_STOPS = re.compile(r"\s*(?:[,:;.|–]|-\s|$)")
_BELONGS = re.compile(r"\s+(?:om|tot|voor|aan|van|to|for|from|of|is|was|en|and)\b")
_COUNT = re.compile(r"(?:tel|telling|geteld|count|counted)(?!\w)[\s:]{0,3}")
_NUMBER = re.compile(
    r"[\s:,=]{0,3}(?P<number>[0-9]{1,3}(?:[.\s][0-9]{3}){1,2}|[0-9]{1,9})(?![\w.,:/-]*[0-9])(?:\s{0,2}(?P<measure>%|procent\b"
    r"|percent\b|(?:naar\s)?binnen\b|in\b|(?:naar\s)?buiten\b|uit\b|out\b|aanwezig\b|present\b|personen\b|people\b))?"
)
_MEASURES = {
    "%": "percent",
    "procent": "percent",
    "percent": "percent",
    "in": "in",
    "binnen": "in",
    "naar binnen": "in",
}
_MEASURES |= {"uit": "out", "out": "out", "buiten": "out", "naar buiten": "out"}
_STATUS = re.compile(
    r"(?P<free>vrij|beschikbaar|free|available)|(?P<busy>bezet|busy)|(?P<out>buiten dienst|uit dienst|out of service)"
)
_MINUTES = re.compile(
    r"[0-9]{1,3}\s{0,2}min(?:uten|uut|utes?|s)?\b\.?(?!\s{1,3}(?:geleden|ago|vertraging|delay|later|te laat|late)\b)"
)
_REASONED = re.compile(
    r"(?:(?:is|weer|nu|staat|now|again)\s{1,3}){0,3}"
    r"(?:(?P<out>buiten dienst|uit dienst|out of service|niet inzetbaar|niet beschikbaar|unavailable|not available)"
    r"|(?P<free>vrij|inzetbaar|beschikbaar|free|available|back)|(?P<busy>bezet|busy))(?:\s{1,3}(?:weer|nu|now|again))?"
    r"(?=\s{0,3}(?:[,:]|-\s|[–—]|[.!]?\s{0,3}$))"
)
"""What a unit says of itself, and where the reason begins: "is weer inzetbaar", "buiten dienst, accu leeg"."""
_LIKE_A_MARK = re.compile(r"(?<!\S)[@#!>][^\W\d_][\w-]{0,40}")
LOOKED_AT = 10_000  # characters of a line in which unknown marks are looked for
_AROUND = " \t\n\r,;:|–—-"
_CLOSING = ",.;:!?)"
_ROOMS = frozenset({"commando", "commandokamer", "commandopost", "command", "control", "meldkamer", "centrale", "cp"})


class Part(Struct, frozen=True):
    """A piece of the line that was recognised: `start` and `end` in characters of the text, and what it stands for.

    `kind` is one of time, unit, place, category, priority, addressee, second addressee, deadline, audience, task word,
    count and status; `code` is the covenant's code, a call sign, a priority, a number or milliseconds UTC; `label` is
    how people say it.
    """

    kind: str
    start: int
    end: int
    code: str
    label: str = ""


class QuickEntry(Struct, frozen=True, kw_only=True):
    """What a line says. Times are milliseconds UTC, 0 where none was given; all else is codes of the covenant.

    `kind` is report, message, task, count, status or note; `words` is what is left for people to read; `party` and
    `role` are those of the reporting unit; `audience` is the parties that may read, empty for all; `parts` is in the
    order of the text; `unknown` is what looks like a mark (@poltie, #foo) and is none of the covenant's, to be said
    before it is too late. `number` and `measure` are of a count, which has no words; `status` is a unit's own.
    """

    kind: str
    words: str
    occurred_at: int = 0
    unit: str = ""
    party: str = ""
    role: str = ""
    place: str = ""
    category: str = ""
    priority: str = ""
    to_party: str = ""
    to_unit: str = ""
    answer_by: int = 0
    audience: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    unknown: tuple[str, ...] = ()
    number: int = 0
    measure: str = ""
    status: str = ""


def read(text: str, covenant: Covenant, now: datetime, known: Vocabulary | None = None) -> QuickEntry:
    """Read one line. Never raises, whatever the text; takes time in proportion to its length.

    `now` is timezone-aware and is read in the covenant's zone; `known` is `vocabulary(covenant)`, for who reads many.
    """
    local = now.astimezone(zone_named(covenant.timezone) or UTC)
    line = _Line(text, covenant, local, known or vocabulary(covenant))
    line.read_marks()
    line.read_beginning()
    line.read_alone()
    line.read_within()
    return line.result()


class _Line:
    """One line while it is being read: what was recognised so far, and which spans no longer belong to the words."""

    def __init__(self, text: str, covenant: Covenant, now: datetime, known: Vocabulary) -> None:
        self.text, self.covenant, self.now, self.known = text, covenant, now, known
        self.plain = plain(text)
        self.said: dict[str, str] = {}
        self.told: dict[str, None] = {}
        self.to: tuple[str, str] = ("", "")
        self.parts: list[Part] = []
        self.cuts: list[tuple[int, int]] = []
        self.ago = moments.ago(self.plain, now)
        self.begun = 0
        self.measure = ""

    def add(self, kind: str, start: int, end: int, code: str, cut: bool = True) -> int:
        """Note a part, by default one that leaves the words; return where it ends."""
        self.said[kind] = code
        self.parts.append(Part(kind, start, end, code, self.label(kind, code)))
        if cut:
            self.cuts.append((start, end))
        return end

    def label(self, kind: str, code: str) -> str:
        covenant = self.covenant
        if kind in ("time", "deadline"):
            moment = datetime.fromtimestamp(int(code) / 1000, self.now.tzinfo)
            return moment.strftime("%H:%M" if moment.date() == self.now.date() else "%d-%m %H:%M")
        names = {"place": covenant.place_name, "category": covenant.category_name, "priority": label}
        names |= {"audience": covenant.party_name, "addressee": covenant.party_name}
        return names[kind](code) if kind in names else code

    def past(self, pattern: re.Pattern[str], at: int) -> int:
        """Return where the text goes on after a pattern at `at`."""
        found = pattern.match(self.plain, at)
        return found.end() if found else at

    def is_free(self, start: int, end: int) -> bool:
        return all(end <= cut[0] or start >= cut[1] for cut in self.cuts)

    # the marks

    def read_marks(self) -> None:
        for mark in _MARK.finditer(self.text):
            at = mark.start()
            match mark.group():
                case "#":
                    self.one_of("category", at, self.known.categories)
                case "!":
                    self.one_of("priority", at, self.known.priorities)
                case ">":
                    self.read_addressee(at)
                case _:
                    self.read_audience(at)

    def one_of(self, kind: str, start: int, names: Names) -> None:
        if kind in self.said:
            return
        found = names.at(self.plain, start + 1)
        word = _WORD.match(self.plain, start + 1)
        if not found and word:
            code = names.starting(word.group())
            found = Found(word.end(), code) if code else None
        if found:
            self.add(kind, start, found.end, found.code)

    def read_addressee(self, start: int) -> None:
        at = self.past(_SPACES, start + 1)
        party, unit = self.known.parties.at(self.plain, at), self.known.units.at(self.plain, at)
        found = max(filter(None, (party, unit)), key=lambda one: one.end, default=None)
        if found is None:
            return
        if "addressee" in self.said:
            self.add("second addressee", start, found.end, found.code, cut=False)
            return
        called = self.covenant.unit(found.code) if found is unit else None
        self.to = (called.answering_party, called.callsign) if called else (found.code, "")
        end = self.add("addressee", start, found.end, found.code)
        end = self.deadline_at(self.past(_SPACES, end)) or self.minutes_at(self.past(_SPACES, end)) or end
        self.task_word_at(self.past(_BETWEEN, end))

    def read_audience(self, start: int) -> None:
        at = start + 1
        while found := self.known.parties.at(self.plain, at):
            self.told[found.code] = None
            self.add("audience", start, found.end, found.code)
            start, at = found.end, self.past(_COMMA, found.end)
            if at == start:
                break

    # the beginning of the line

    def read_beginning(self) -> None:
        marks = {part.start: part for part in self.parts}
        at, addressed = self.past(_BETWEEN, 0), False
        while True:
            part = marks.get(at)
            if part:
                addressed = addressed or part.kind == "addressee"
                end = part.end
            else:
                end = self.time_at(at, addressed) or self.caller_at(at, addressed) or self.place_at(at, addressed)
                end = end or (self.deadline_at(at) or self.task_word_at(at) if "addressee" in self.said else 0)
            self.begun = at
            if not end or _GOES_ON.match(self.plain, end):
                return
            at = self.past(_BETWEEN, end)

    def time_at(self, at: int, addressed: bool) -> int:
        if "time" in self.said:
            return 0
        is_ago = self.ago is not None and self.ago.start == at
        found = self.ago if is_ago else moments.entry_time(self.plain, at, self.now)
        if found is None or (addressed and found.at > moments.millis(self.now)):
            return 0
        return self.add("time", at, found.end, str(found.at)) if self.is_free(at, found.end) else 0

    def caller_at(self, at: int, addressed: bool) -> int:
        """Read a reporter: "Oog 2", "Oog 2 hier:", "Commando, hier Oog 2:"; after an addressee only before a colon."""
        if "unit" in self.said:
            return 0
        radio = _RADIO.match(self.plain, at, at + 100)
        start = radio.end() if radio and self.is_call(radio) else at
        if start > at and self.is_room(start):
            return 0
        found = self.known.units.at(self.plain, start)
        if not found and start > at:
            start, found = at, self.known.units.at(self.plain, at)
        if not found or (self.ago and start < self.ago.end and found.end > self.ago.start):
            return 0
        end = self.past(_HERE, found.end)
        if (addressed and self.plain[end : end + 1] != ":") or not self.is_free(at, end):
            return 0
        goes_on = start == at and _GOES_ON.match(self.plain, end) is not None
        self.add("unit", start, found.end, found.code, cut=False)
        if not goes_on:
            self.cuts.append((at, end))
        return end

    def is_call(self, radio: re.Match[str]) -> bool:
        """Whether "<called>, hier" calls somebody: a name before a comma, a unit, a party or the command centre."""
        called = radio["called"].strip()
        names = [name for part in called.split(",") if (name := part.strip())]
        known = self.known
        is_known = all(
            name in known.units or name in known.parties or _ROOMS.issuperset(name.split()) for name in names
        )
        if radio["says"] in ("van", "from"):
            return bool(names) and is_known
        return is_known or called.endswith(",")

    def is_room(self, at: int) -> bool:
        """Whether the command centre itself is speaking: "Service 3 van Commando" reports nothing."""
        word = _WORD.match(self.plain, at)
        return word is not None and word.group() in _ROOMS

    def place_at(self, at: int, addressed: bool) -> int:
        """Read a place at the beginning; it stays in the words where the sentence goes on from it."""
        found = None if "place" in self.said else self.known.place_at(self.text, self.plain, at)
        if not found or not self.is_free(at, found.end):
            return 0
        goes_on = _GOES_ON.match(self.plain, found.end) or (addressed and not _STOPS.match(self.plain, found.end))
        return self.add("place", at, found.end, found.code, cut=not goes_on)

    def deadline_at(self, at: int) -> int:
        found = None if "deadline" in self.said else moments.deadline(self.plain, at, self.now)
        return self.add("deadline", at, found.end, str(found.at)) if found else 0

    def minutes_at(self, at: int) -> int:
        """Read ">baken 30 min": a time that directly follows the addressee is one within which it is to be done."""
        found = None if "deadline" in self.said else _MINUTES.match(self.plain, at)
        within = moments.deadline(f"within {found.group()}", 0, self.now) if found else None
        return self.add("deadline", *found.span(), str(within.at)) if found and within else 0

    def task_word_at(self, at: int) -> int:
        found = None if "task word" in self.said else _TASK.match(self.plain, at)
        if not found or not self.is_free(at, found.end()):
            return 0
        return self.add("task word", at, found.end(), found.group(), cut=not _BELONGS.match(self.plain, found.end()))

    # a line that says one thing

    def read_alone(self) -> None:
        """Read a count, or what a unit says of itself, where that is all that the line says."""
        if "addressee" in self.said:
            return
        if "unit" in self.said and (found := self.status_at()):
            self.add("status", *found.span(), str(found.lastgroup))
            self.cuts += [(part.start, part.end) for part in self.parts if part.kind == "unit"]
        elif word := _COUNT.match(self.plain, self.begun):
            self.read_count(word)

    def status_at(self) -> re.Match[str] | None:
        """Return what the unit that begins the line says of itself, where the line says that and at most a reason."""
        found = _STATUS.match(self.plain, self.begun)
        if found and self.ends_after(found.end()):
            return found
        unit = next(part for part in self.parts if part.kind == "unit")
        return _REASONED.match(self.plain, self.past(_BETWEEN, unit.end))

    def read_count(self, word: re.Match[str]) -> None:
        place = None if "place" in self.said else self.known.place_at(self.text, self.plain, word.end())
        number = _NUMBER.match(self.plain, place.end if place else word.end())
        if not number or not (place or "place" in self.said) or not self.ends_after(number.end()):
            return
        if place:
            self.add("place", word.end(), place.end, place.code)
        self.measure = _MEASURES.get(number["measure"] or "", "present")
        self.cuts.append(word.span())
        self.add("count", *number.span(), re.sub(r"\D", "", number["number"]))

    # the rest of the line

    def read_within(self) -> None:
        if self.ago and "time" not in self.said and self.is_free(self.ago.start, self.ago.end):
            self.add("time", self.ago.start, self.ago.end, str(self.ago.at))
        if "addressee" in self.said:
            self.read_closing()
        if "place" not in self.said:
            taken = sorted([*self.cuts, *((part.start, part.end) for part in self.parts)])
            found = self.known.first_place(self.text, self.plain, taken)
            if found:
                self.add("place", found[0], found[1].end, found[1].code, cut=False)

    def read_closing(self) -> None:
        """Read a deadline and a task word at the end of the line, whichever comes last."""
        self.closing_deadline()
        if "task word" not in self.said:
            self.closing_task_word()
        self.closing_deadline()

    def closing_deadline(self) -> None:
        late = None if "deadline" in self.said else moments.last_deadline(self.plain, 0, self.now)
        if late and self.is_free(late.start, late.end) and self.ends_after(late.end):
            self.add("deadline", late.start, late.end, str(late.at))

    def closing_task_word(self) -> None:
        """Read a task word before a colon, before `>` or at the end."""
        addressee = next(part.start for part in self.parts if part.kind == "addressee")
        last = None
        for last in _TASK.finditer(self.plain):
            at = self.past(_SPACES, last.end())
            if (at == addressee or self.plain[at : at + 1] == ":") and self.task_word_at(last.start()):
                return
        if last and self.ends_after(last.end()):
            self.task_word_at(last.start())

    def ends_after(self, at: int) -> bool:
        for start, end in sorted(cut for cut in self.cuts if cut[0] >= at):
            if _LETTER.search(self.text, at, start):
                return False
            at = end
        return not _LETTER.search(self.text, at)

    # what it all says

    def result(self) -> QuickEntry:
        said = self.said
        unit = self.covenant.unit(said["unit"]) if "unit" in said else None
        is_task = "deadline" in said or "task word" in said
        kind = ("task" if is_task else "message") if self.to[0] else "report" if unit else "note"
        alone = "count" if "count" in said else "status" if "status" in said else ""
        return QuickEntry(
            kind=alone or kind,
            words=self.words(alone),
            number=int(said.get("count", 0)),
            measure=self.measure,
            status=said.get("status", ""),
            occurred_at=int(said.get("time", 0)),
            unit=unit.callsign if unit else "",
            party=unit.party if unit else "",
            role=unit.role if unit else "",
            place=said.get("place", ""),
            category=said.get("category", ""),
            priority=said.get("priority", ""),
            to_party=self.to[0],
            to_unit=self.to[1],
            answer_by=int(said.get("deadline", 0)),
            audience=tuple(self.told),
            parts=tuple(sorted(self.parts, key=lambda part: part.start)),
            unknown=tuple(
                mark.group()
                for mark in _LIKE_A_MARK.finditer(self.text[:LOOKED_AT])
                if not any(part.start <= mark.start() < part.end for part in self.parts)
            ),
        )

    def words(self, alone: str) -> str:
        """Return what is left for people to read: of a count nothing, of a unit's status its reason."""
        left = _without(self.text, self.cuts)
        if alone:
            return left.lstrip(_AROUND) if alone == "status" and _LETTER.search(left) else ""
        return left or self.text.strip()


def _without(text: str, cuts: list[tuple[int, int]]) -> str:
    """Return the text without the spans, with what separated them from the rest tidied; all else as it was typed."""
    pieces: list[str] = []
    at = 0
    for start, end in [*sorted(cuts), (len(text), len(text))]:
        piece = text[at:start].strip()
        if not pieces and at:
            piece = piece.lstrip(_AROUND)
        if piece.strip(_AROUND + "."):
            joins = not pieces or piece[0] in _CLOSING
            pieces.append(piece if joins else " " + piece)
        at = max(at, end)
    return "".join(pieces).rstrip(_AROUND) if cuts else text.strip()
