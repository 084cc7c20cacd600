"""Deeds that change who reads an entry: told to one more party, recalled from parties, erased for good."""

from collections.abc import Callable
from functools import partial

from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.log.erasing import Purging, purge
from commandlog.model.errors import CommandLogError
from commandlog.model.records import Record
from commandlog.verbs import withholding
from commandlog.verbs.context import named

from .about import about
from .asking import Answers, Field
from .deeds import Deeds, Subject


def _thread() -> Field:
    return Field("thread", _("How much"), (("", _("this entry")), ("thread", _("with all that hangs on it"))))


def release(deeds: Deeds, line: Subject) -> None:
    """Tell an entry to one more party, on a stated ground."""
    to = tuple((code, name) for code, name in deeds.parties() if code not in line.audience)
    if not line.audience or not to:
        deeds.told(_("{reference} can be read by all parties already.").format(reference=line.reference))
        return
    fields = [Field("party", _("To whom"), to), _thread(), Field("ground", _("On what ground"), wide=True, needed=True)]
    deeds.ask(
        _("Tell {reference} to one more party: {text}"),
        line,
        fields,
        lambda a: about(
            line.entry,
            lambda desk, entry: withholding.release(desk, (entry,), a["party"], a["ground"], thread=bool(a["thread"])),
        ),
    )


def recall(deeds: Deeds, line: Subject) -> None:
    """Let parties no longer read an entry; that they had it stays known.

    What another party said in a shared log is only taken from this desk's own, to which it came by mistake.
    """
    session = deeds.session
    may = withholding.may_recall(session.log, line.entry, session.party)
    from_whom = tuple((code, name) for code, name in deeds.parties() if (code != session.party) == may)
    fields = [
        Field("parties", _("From whom (the figures)"), from_whom, needed=True, many=True),
        _thread(),
        Field("reason", _("Because"), wide=True, needed=True),
    ]
    deeds.ask(
        _("Recall {reference}: {text}") if may else _("Recall {reference}, another’s word, from ourselves: {text}"),
        line,
        fields,
        lambda a: about(
            line.entry,
            lambda desk, entry: withholding.recall(
                desk, (entry,), tuple(a["parties"].split(",")), a["reason"], thread=bool(a["thread"])
            ),
        ),
    )


def erase(deeds: Deeds, line: Subject) -> None:
    """Destroy the words of an entry for good: first why and how much, then once more whether it is meant."""
    fields = [Field("ground", _("By what duty, or at whose request"), wide=True, needed=True), _thread()]
    title = _("Erase the words of {reference}: {text}").format(reference=line.reference, text=line.text[:80])

    def then(answers: Answers) -> None:
        whole = bool(answers["thread"])

        def names(desk: Desk, entry: int) -> str:
            return ", ".join(named(desk, seq) for seq in withholding.to_erase(desk, (entry,), thread=whole))

        well = partial(_ask_again, deeds, line, answers)
        deeds.session.do(about(line.entry, names), well, _failed(deeds))

    deeds.asking.ask(title, fields, then)


def _ask_again(deeds: Deeds, line: Subject, answers: Answers, names: str) -> None:
    def wrong(text: str) -> str:
        said = _("Type {reference} to erase, or Esc to leave it.").format(reference=line.reference)
        return "" if text.strip().casefold() == line.reference.casefold() else said

    title = _("Destroy the words of {entries} for good? This cannot be undone.").format(entries=names)
    meant = Field("meant", _("Type {reference} to do it").format(reference=line.reference), needed=True, check=wrong)

    verb = about(
        line.entry,
        lambda desk, entry: withholding.erase(desk, (entry,), answers["ground"], thread=bool(answers["thread"])),
    )

    def well(_record: Record) -> None:
        deeds.asking.done()
        _purge(deeds)

    deeds.asking.ask(title, [meant], lambda _a: deeds.session.do(verb, well, _failed(deeds)))


def _purge(deeds: Deeds) -> None:
    """Destroy what is left of it in the file, a slice at a time, so that whoever writes meanwhile gets in between."""

    def next_slice(purging: Purging) -> None:
        if purging.goes_on:
            _purge(deeds)
        elif purging.left is None:
            deeds.told(_("It is gone from this file."))
        else:
            deeds.told(_("It can no longer be read; it is gone from this file once no other program reads the log."))

    deeds.session.do(lambda desk: purge(desk.log), next_slice)


def _failed(deeds: Deeds) -> Callable[[CommandLogError], None]:
    return lambda error: deeds.asking.failed(str(error))
