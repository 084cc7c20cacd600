"""How a record reads as one line of text: the words of people, and in words what the program knows of the rest."""

from collections.abc import Callable
from datetime import tzinfo

from msgspec.structs import replace

from commandlog.language import _
from commandlog.model import dealings as d
from commandlog.model import keeping as k
from commandlog.model import records as r
from commandlog.model.covenant import Covenant, spoken
from commandlog.model.frames import Frame, Millis
from commandlog.model.words import label, measure_label
from commandlog.views.moments import local

_TAKEN_OVER = (r.Said, r.Proposed, r.IncidentOpened, r.LevelSet)


class Teller:
    """Tells records in the current language. `reference` gives the name of an entry by its record id."""

    def __init__(self, covenant: Covenant, zone: tzinfo, reference: Callable[[bytes], str]) -> None:
        self.covenant = covenant
        self.zone = zone
        self.reference = reference

    def text(self, frame: Frame, words: r.Words | None, first: Frame | None = None) -> str:
        """Return what a record says; a record whose words were erased says so.

        A correction reads as the entry that it corrects, whose `first` frame says what kind that is and to whom.
        """
        if isinstance(frame, r.Corrected) and first is not None:
            counted = isinstance(first, r.Counted) and frame.measure != ""
            frame = replace(first, count=frame.count, measure=frame.measure, place=frame.place) if counted else first
        erased = _("[erased]")
        told = self._was(frame, self._told(frame, words or r.Words(text=erased)))
        return told if words is not None or erased in told else f"{told} {erased}"

    def _was(self, frame: Frame, told: str) -> str:
        """Return a text with how people called it in the log that this one continues, where it was taken over."""
        if not frame.origin.startswith(k.CONTINUED) or not isinstance(frame, _TAKEN_OVER):
            return told
        return _("[was {reference}] {text}").format(reference=frame.origin.rpartition(":")[2], text=told)

    def _told(self, frame: Frame, words: r.Words) -> str:
        name = self.covenant.party_name
        match frame:
            case r.Message():
                to = " · ".join(part for part in (name(frame.to_party), frame.to_unit, words.to) if part)
                return f"→ {to}: {words.text}"
            case r.Decision() if words.decision:
                return self.decision(words.decision)
            case r.Assessed():
                of = f" {self.reference(frame.same_as)}" if frame.same_as else ""
                return _join(f"{label(frame.disposition)}{of}", words.text)
            case r.Feedback() if frame.settled:
                return _join(label("closed"), words.text)
            case r.Feedback():
                return _join(_("told the reporter"), words.text)
            case r.Proposed():
                return self._proposed(frame, words)
            case r.HandedOver():
                to = " · ".join(part for part in (name(frame.to_party), frame.to_unit) if part)
                return _join(_("handed over to {party}").format(party=to), words.reason, words.text)
            case r.Done(told=True):
                return _join(_("done, told"), words.text)
            case r.Accepted(orally=True):
                return _join(self._orally(frame, words), words.text)
            case r.TaskStep():
                return _join(label(r.kind_of(frame)), words.reason, words.text)
            case r.LevelSet():
                return self._level(frame, words)
            case r.LevelConfirmed():
                return _("{party} knows of the level").format(party=name(frame.speaker))
            case r.PhaseSet():
                return " · ".join(part for part in (self.covenant.phase_name(frame.phase), words.text) if part)
            case _:
                return self._dealt(frame, words)

    def _dealt(self, frame: Frame, words: r.Words) -> str:
        """Tell what parties agree, count and say of themselves, and what was marked or went to the wrong one."""
        name = self.covenant.party_name
        match frame:
            case r.Agreement():
                return self._agreement(frame, words)
            case d.AgreementAffirmed():
                return _join(_("{party} affirms the agreement").format(party=name(frame.speaker)), words.text)
            case d.AgreementDeclined():
                return _join(_("{party} did not agree so").format(party=name(frame.speaker)), words.reason)
            case d.AgreementEnded():
                return _join(_("the agreement holds no longer"), words.text)
            case r.Counted():
                return _join(self.count(frame.place, frame.measure, frame.count), words.text)
            case d.Marked():
                told = _("{entry} is significant") if frame.significant else _("{entry} is not significant any more")
                return _join(told.format(entry=self.reference(frame.entry)), words.reason)
            case d.UnitStatus():
                told = f"{frame.unit}: {label(frame.status)}"
                task = f" ({self.reference(frame.task)})" if frame.task else ""
                return " · ".join(part for part in (told + task, words.text) if part)
            case d.Misdirected():
                told = _("{entry} reached {reached} and was meant for {party}").format(
                    entry=self.reference(frame.entry), reached=name(frame.reached), party=name(frame.meant_for)
                )
                return _join(told, words.text)
            case d.MisdirectedRead():
                return _join(_("{party} has read what to do").format(party=name(frame.speaker)), words.text)
            case d.Traced():
                return self._traced(frame)
            case _:
                return self._kept(frame, words)

    def _traced(self, frame: d.Traced) -> str:
        named = next((spoken(one.name) for one in self.covenant.alarms if one.code == frame.alarm), frame.alarm)
        until = _("until {time}").format(time=self.time(frame.until)) if frame.until else ""
        parts = (label(frame.what), named, self.reference(frame.entry) if frame.entry else "", until)
        return " · ".join(part for part in parts if part)

    def _agreement(self, frame: r.Agreement, words: r.Words) -> str:
        parts = [words.text, _("agreed between {parties}").format(parties=", ".join(map(self._name, frame.parties)))]
        channel = frame.source.channel if frame.source else ""
        if channel:
            parts.append(channel)
        if frame.until:
            parts.append(_("until {time}").format(time=self.time(frame.until)))
        return " · ".join(parts)

    def _name(self, party: str) -> str:
        return self.covenant.party_name(party)

    def count(self, place: str, measure: str, number: int) -> str:
        """Return a count in words, with the share of what the place holds where that is known."""
        if measure == "percent":
            return f"{number} %"
        told = f"{number} {measure_label(measure)}"
        known = self.covenant.place(place)
        if measure != "present" or not known or not known.capacity:
            return told
        share = 100 * number // known.capacity
        return _("{count}, {share} % of {capacity}").format(count=told, share=share, capacity=known.capacity)

    def _kept(self, frame: Frame, words: r.Words) -> str:
        """Tell what concerns the keeping of the log itself."""
        name = self.covenant.party_name
        match frame:
            case k.Released():
                told = _("{entries} told to {party}").format(
                    entries=self._entries(frame.records), party=name(frame.to_party)
                )
                return _join(told, words.reason)
            case k.Recalled():
                parties = ", ".join(map(name, frame.from_parties))
                told = _("{entries} recalled from {parties}").format(
                    entries=self._entries(frame.records), parties=parties
                )
                return _join(told, words.reason)
            case k.Erased():
                return _join(_("{entries} erased").format(entries=self._entries(frame.records)), words.reason)
            case k.Held():
                what = self._entries(frame.records) or _("the whole log")
                return _join(_("{entries} preserved").format(entries=what), words.reason)
            case k.HoldLifted():
                return _join(_("{entry} no longer preserves").format(entry=self.reference(frame.hold)), words.reason)
            case k.Attached():
                return _join(words.title, words.text) if words.title else words.text
            case k.Destroyed():
                return _join(
                    _("the copy of {entry} is destroyed").format(entry=self.reference(frame.copy)), words.reason
                )
            case k.Closed():
                return _join(self._closed(frame), words.text)
            case k.Discarded():
                return _join(_("log {title} deleted").format(title=words.title), words.reason)
            case _:
                return self._system(frame, words)

    def _closed(self, frame: k.Closed) -> str:
        """Tell who closes the log; a shared one, whose desk it is, and that this alone does not close it."""
        party = frame.by.party if frame.together else frame.speaker
        parties = " · ".join(self._name(one) for one in (party, frame.and_party) if one)
        if not frame.together:
            return _("log closed by {parties}").format(parties=parties)
        if frame.and_party:
            return _("{parties} closes the shared log").format(parties=parties)
        told = _("{party} closes the shared log for its part: it is closed when two parties have closed it")
        return told.format(party=parties)

    def _entries(self, records: tuple[bytes, ...]) -> str:
        """Return how people call these records, each name once."""
        return ", ".join(dict.fromkeys(map(self.reference, records)))

    def _system(self, frame: Frame, words: r.Words) -> str:
        match frame:
            case r.Opened():
                told = _("{event}, continues {log}")
                return told.format(event=words.title, log=words.text) if frame.continues else words.title
            case r.CovenantSet():
                parties = ", ".join(map(self.covenant.party_name, (p.code for p in self.covenant.parties)))
                return _("covenant between {parties}").format(parties=parties)
            case r.DeskOpened():
                return _("desk {desk} of {party}").format(desk=frame.desk, party=self.covenant.party_name(frame.party))
            case r.SignedIn():
                return _("{name} signed in").format(name=words.title)
            case r.SignedOut():
                return _("signed out")
            case r.Linked():
                return _("{entry} belongs to incident {incident}").format(
                    entry=self.reference(frame.entry), incident=self.reference(frame.incident)
                )
            case r.IncidentOpened():
                return words.title
            case r.IncidentMerged():
                told = _("merged into {incident}").format(incident=self.reference(frame.into))
                return _join(told, words.reason)
            case r.IncidentClosed():
                return _join(_("incident closed"), words.text)
            case k.Imported():
                return _("{n} entries imported from {file}").format(n=frame.entries, file=words.title)
            case k.Exported() if frame.form == k.CONTINUATION:
                return _("continued in {log}").format(log=words.title)
            case k.Exported(form="copy"):
                return _("second copy kept at {place}").format(place=words.title)
            case k.Exported(form="backup"):
                return _("backup made: {place}").format(place=words.title)
            case k.Exported():
                whom = self.covenant.party_name(frame.for_party) if frame.for_party else ""
                return _join(_("exported as {form}").format(form=label(frame.form.partition(":")[0])), whom)
            case _:
                return words.text

    def decision(self, words: r.DecisionWords) -> str:
        """Return a decision in one line, with what was known and why."""
        parts = [words.decision]
        for title, text in (
            (_("known"), words.known),
            (_("options"), words.options),
            (_("reason"), words.reason),
            (_("decided by"), words.decider),
        ):
            if text:
                parts.append(f"{title}: {text}")
        return " — ".join(parts)

    def _proposed(self, frame: r.Proposed, words: r.Words) -> str:
        to = " · ".join(part for part in (self.covenant.party_name(frame.to_party), frame.to_unit) if part)
        parts = [f"→ {to}: {words.text}"]
        if frame.orally:
            parts.append(self._orally(frame, words))
        if frame.answer_by:
            parts.append(_("answer by {time}").format(time=self.time(frame.answer_by)))
        if frame.finish_by:
            parts.append(_("finish by {time}").format(time=self.time(frame.finish_by)))
        if frame.overridden:
            parts.append(_("outside the mandate, because: {reason}").format(reason=words.reason))
        return " · ".join(parts)

    def _orally(self, frame: Frame, words: r.Words) -> str:
        channel = frame.source.channel if frame.source else ""
        told = _("agreed orally with {person}").format(person=words.person) if words.person else _("agreed orally")
        return f"{told} ({channel})" if channel else told

    def _level(self, frame: r.LevelSet, words: r.Words) -> str:
        ladder = self.covenant.ladder(frame.ladder)
        title = spoken(ladder.name) if ladder else frame.ladder
        parts = [f"{title}: {self.covenant.level_name(frame.ladder, frame.level)}", words.text]
        if frame.told:
            parts.append(_("told to {parties}").format(parties=", ".join(map(self.covenant.party_name, frame.told))))
        if frame.review_by:
            parts.append(_("review at {time}").format(time=self.time(frame.review_by)))
        return " · ".join(part for part in parts if part)

    def time(self, moment: Millis) -> str:
        """Return a moment as people read it on the evening itself: 21:14."""
        return local(moment, self.zone).strftime("%H:%M")


def _join(first: str, *rest: str) -> str:
    more = " · ".join(part for part in rest if part)
    return f"{first}: {more}" if more else first
