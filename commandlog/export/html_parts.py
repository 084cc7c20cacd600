"""The pieces of the HTML timeline: an entry, a task, a table. Every text passes through `text`; nothing is markup."""

from collections.abc import Iterator
from html import escape

from commandlog.export.contents import Contents, Earlier
from commandlog.export.saying import DIFFERS, Sayer
from commandlog.language import _
from commandlog.model.frames import Frame, Millis
from commandlog.model.harmless import visible
from commandlog.model.records import DecisionWords
from commandlog.model.words import label
from commandlog.views.board import TaskLine
from commandlog.views.lines import Line

SHAPES = {"routine": "○", "elevated": "◆", "urgent": "▲", "emergency": "■"}
_FACETS = {"party": "p", "kind": "k", "category": "c", "place": "l", "priority": "r"}


def text(said: str) -> str:
    """Return a text as the content of an element or a quoted attribute: no markup, no control, no direction sign."""
    return escape(visible(said, lines=True))


def one_line(said: str) -> str:
    """Return a text as `text` does, in one line."""
    return escape(visible(said))


def tag(name: str, said: str, attributes: str = "") -> str:
    """Return an element with a text in it."""
    return f"<{name}{' ' if attributes else ''}{attributes}>{one_line(said)}</{name}>"


class Names:
    """The names that entries are filtered by: each entry carries numbers, the page says once what they stand for."""

    def __init__(self, contents: Contents) -> None:
        self._covenant = contents.covenant
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in _FACETS}

    def attributes(self, line: Line) -> str:
        """Return the attributes of an entry by which it is found."""
        found = []
        for name, letter in _FACETS.items():
            if code := getattr(line, name):
                numbers = self._numbers[name]
                found.append(f" data-{letter}={numbers.setdefault(code, len(numbers))}")
        return "".join(found)

    def said(self) -> dict[str, list[str]]:
        """Return the names of each filter, in the order of their numbers."""
        covenant = self._covenant
        say = {
            "party": covenant.party_name,
            "kind": kind_name,
            "category": covenant.category_name,
            "place": covenant.place_name,
            "priority": label,
        }
        return {name: [visible(say[name](code)) for code in codes] for name, codes in self._numbers.items()}


def kind_name(kind: str) -> str:
    """Return how people call a kind of entry."""
    return _("task") if kind == "proposed" else label(kind)


class Entries:
    """Writes entries and tasks, one after the other."""

    def __init__(self, contents: Contents, saying: Sayer, names: Names) -> None:
        self.contents, self.saying, self.names = contents, saying, names

    def entry(self, line: Line) -> str:
        """Return an entry as an item of its list."""
        classes = ["e"]
        if line.thread_reference:
            classes.append("in")
        if line.kind in ("level", "phase", "closed"):
            classes.append("level")
        if line.words is None:
            classes.append("gone")
        if line.significant:
            classes.append("star")
        parts = (
            f'<li id="{one_line(line.reference)}" class="{" ".join(classes)}"{self.names.attributes(line)}>',
            self._time(line),
            f'<a class=ref href="#{one_line(line.reference)}">{one_line(line.reference)}</a>',
            self._who(line),
            self._place(line),
            "<div class=what>" + "\n".join(self._what(line)) + "</div></li>\n",
        )
        return "\n".join(part for part in parts if part)

    # -- when, who, where ------------------------------------------------------------------------------------------

    def _time(self, line: Line) -> str:
        logged = ""
        if abs(line.logged_at - line.occurred_at) > DIFFERS:
            logged = f"\n<small>{self._logged(line)}</small>"
        return f"<div class=time>{self.time(line.occurred_at, self.saying.time(line.occurred_at))}{logged}</div>"

    def _logged(self, line: Line) -> str:
        """Return when an entry was written: the time, or of another day the date, which is what then matters."""
        at, whole = line.logged_at, self.saying.near(line.logged_at, line.occurred_at)
        shown = whole if whole == self.saying.time(at) else self.saying.date(at, "d MMM y")
        told = _("logged {time}").format(time=shown)
        stamp = self.contents.local(at).isoformat(timespec="seconds")
        return f'<time datetime="{stamp}" title="{one_line(whole)}">{one_line(told)}</time>'

    def time(self, moment: Millis, shown: str) -> str:
        """Return a time that programs can read too."""
        stamp = self.contents.local(moment).isoformat(timespec="seconds")
        return f'<time datetime="{stamp}">{one_line(shown)}</time>'

    def _who(self, line: Line) -> str:
        person = line.words.person if line.words else ""
        tag = " · ".join(part for part in (self.saying.who(line), person) if part)
        party = f"<b>{one_line(self.saying.covenant.party_name(line.party))}</b>"
        return f"<div class=who>{party}\n<bdi>{one_line(tag)}</bdi></div>" if tag else f"<div class=who>{party}</div>"

    def _place(self, line: Line) -> str:
        where = self.saying.where(line)
        return f'<div class=place dir="auto">{one_line(where)}</div>' if where else ""

    # -- what ------------------------------------------------------------------------------------------------------

    def _what(self, line: Line) -> Iterator[str]:
        yield f"<p class=meta>{self._tag(line)}</p>"
        before: Earlier | None = None
        for version in self.contents.earlier(line) if line.struck else ():
            if version.shown != line.text:
                yield f'<del dir="auto">{text(version.shown)}</del>'
            if before is not None:
                yield self._corrected(before, version.frame)
            before = version
        yield from self._said(line)
        if before is not None:
            yield self._corrected(before, line.frame)
        for one in line.attachments:
            told = f"{label('attached')} {one.reference}: {one.told} · {one.file.hex()[:16]}…"
            yield f"<p class=small>{one_line(told)}</p>"
        yield from self._outside(line)

    def _said(self, line: Line) -> Iterator[str]:
        said = line.words.decision if line.words else None
        if line.kind != "decision" or said is None:
            yield f'<p class=text dir="auto">{text(line.text)}</p>'
            return
        yield f'<p class=text dir="auto">{text(said.decision or line.text)}</p>'
        rows = "\n".join(f'<dt>{name}</dt><dd dir="auto">{text(what)}</dd>' for name, what in _reasons(said) if what)
        if rows:
            yield f"<dl>{rows}</dl>"

    def _tag(self, line: Line) -> str:
        """Return the small line above a text: what it hangs on, priority, kind, category, state, who may read it."""
        parts = []
        if line.thread_reference:
            to = one_line(line.thread_reference)
            told = one_line(_("hangs together with"))
            parts.append(f'<a href="#{to}" title="{told}">↳ {to}</a>')
        if line.priority:
            sign = f"<span aria-hidden=true>{SHAPES[line.priority]}</span>"
            parts.append(f"<b class={line.priority}>{sign} {one_line(label(line.priority))}</b>")
        if line.task and line.kind != "proposed":
            parts.append(one_line(_("task {reference}").format(reference=self.contents.reader.reference_at(line.task))))
        parts.append(one_line(kind_name(line.kind)))
        if line.significant:
            parts.append("<span aria-hidden=true>★</span> " + tag("b", _("significant")))
        if line.category:
            parts.append(one_line(self.saying.covenant.category_name(line.category)))
        if state := label(line.disposition or line.state):
            parts.append(f"<b>{one_line(state)}</b>")
        if line.later:
            parts.append(one_line(_("later")))
        if line.paper:
            parts.append(one_line(_("from paper {sheet}").format(sheet=line.paper)))
        if line.audience:
            readers = ", ".join(map(self.saying.covenant.party_name, line.audience))
            parts.append(tag("b", _("only {parties}").format(parties=readers), "class=for"))
        return " · ".join(part for part in parts if part)

    def _corrected(self, version: Earlier, after: Frame | None) -> str:
        """Return by whom, when and why a text took the place of the struck one, and what else was put right."""
        when = self.saying.near(version.corrected_at, self.contents.last)
        told = _("corrected {time} by {writer}").format(time=when, writer=self.saying.writer(version.corrected_by))
        if version.reason:
            told = f"{told}: {version.reason}"
        lines = (told, *self.saying.changes(version.frame, after))
        return f'<p class=fix dir="auto">{"<br>".join(map(one_line, lines))}</p>'

    def _outside(self, line: Line) -> Iterator[str]:
        for frame in (line.frame, line.first):
            if frame and frame.rule:
                told = (
                    _("outside the mandate, overridden: {article}")
                    if frame.overridden
                    else _("outside the mandate: {article}")
                )
                yield f"<p class=warn>⚠ {one_line(told.format(article=self.saying.article(frame.rule)))}</p>"
                return

    # -- tasks -----------------------------------------------------------------------------------------------------

    def task(self, task: TaskLine) -> str:
        """Return a task as an item of its list: what, from whom to whom, its state, its times and every step."""
        if task.recalled:
            return f"<li class=task><h3>{one_line(task.reference)}</h3><p>{one_line(task.text)}</p></li>\n"
        row, name = task.row, self.saying.covenant.party_name
        to = " · ".join(part for part in (name(row.assignee), row.unit) if part)
        late = tag("b", _("late"), "class=warn") if task.late_answer or task.late_finish else ""
        reference = one_line(task.reference)
        whose = f"{one_line(name(row.requester))} → {one_line(to)}"
        state = f"{tag('span', label(row.state), 'class=state')} {late}"
        return (
            f'<li class=task><h3 dir="auto">{text(task.text)}</h3>\n'
            f'<p class=small><a href="#{reference}">{reference}</a> · {whose} · {state}</p>\n'
            f"<dl class=times>{self._times(task)}</dl>\n<ol class=steps>{self._steps(task)}</ol></li>\n"
        )

    def _steps(self, task: TaskLine) -> str:
        when, name = self.saying.near, self.saying.covenant.party_name
        return "\n".join(
            f"<li><span>{self.time(one.at, when(one.at, task.row.proposed))}</span>\n"
            f"<span>{one_line(f'{name(one.party)} {one.desk}')}</span>\n<span dir=auto>{one_line(one.text)}</span></li>"
            for one in task.events
        )

    def _times(self, task: TaskLine) -> str:
        row = task.row
        times = (
            (_("proposed"), row.proposed, False),
            (_("answer by"), row.answer_by, False),
            (_("answered"), row.answered, task.late_answer),
            (_("under way"), row.started, False),
            (_("finish by"), row.finish_by, False),
            (_("done"), row.done, task.late_finish),
            (_("confirmed"), row.confirmed, False),
            (_("closed"), row.closed, False),
        )
        said, word = self.saying, one_line(_("late"))
        return "\n".join(
            f"<div><dt>{escape(name)}</dt><dd{' class=warn' if late else ''}>"
            f"{self.time(at, said.near(at, row.proposed))}{f' {word}' if late else ''}</dd></div>"
            for name, at, late in times
            if at
        )


def _reasons(said: DecisionWords) -> tuple[tuple[str, str], ...]:
    return (
        (_("known"), said.known),
        (_("options"), said.options),
        (_("reason"), said.reason),
        (_("decided by"), said.decider),
    )


def table(title: str, rows: list[tuple[str, str]]) -> str:
    """Return a small table of names and figures."""
    body = "".join(
        f'<tr><th scope=row dir="auto">{one_line(name)}</th><td>{one_line(figure)}</td></tr>' for name, figure in rows
    )
    return f"<table><caption>{escape(title)}</caption><tbody>{body}</tbody></table>\n"
