"""Deeds about the event as a whole: levels and the phase."""

from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.model.covenant import Ladder, spoken
from commandlog.model.records import Record
from commandlog.verbs import levels
from commandlog.verbs.tasks import on_behalf

from .asking import Answers, Field
from .deeds import Deeds, Verb


def level(deeds: Deeds) -> None:
    """Declare a level; where there are several ladders, on one of them."""
    ladders = deeds.session.covenant.ladders
    if not ladders:
        deeds.told(_("The covenant has no levels."))
    elif len(ladders) == 1:
        _declare(deeds, ladders[0])
    else:
        choices = tuple((one.code, spoken(one.name)) for one in ladders)

        def then(answers: Answers) -> None:
            deeds.asking.done()
            _declare(deeds, next(one for one in ladders if one.code == answers["ladder"]))

        deeds.asking.ask(_("Declare a level"), [Field("ladder", _("On which ladder"), choices)], then)


def _declare(deeds: Deeds, ladder: Ladder) -> None:
    parties = deeds.parties()
    ours = deeds.session.party
    by = ours if ours in ladder.declared_by or not ladder.declared_by else ladder.declared_by[0]
    fields = [
        Field("level", spoken(ladder.name), tuple((one.code, spoken(one.name)) for one in ladder.levels)),
        Field("by", _("Declared by"), parties, value=by),
        Field("text", _("Why"), wide=True),
        Field("review", _("Review at (21:10, 30 min)"), check=deeds.time_wrong),
        Field("told", _("Told to"), parties, value=",".join(code for code, _name in parties), many=True),
    ]

    def verb(a: Answers) -> Verb:
        def do(desk: Desk) -> Record:
            return levels.set_level(
                desk,
                ladder.code,
                a["level"],
                text=a["text"],
                told=tuple(one for one in a["told"].split(",") if one),
                review_by=deeds.time(a["review"]),
                reason=a.get("reason", ""),
                source=None if a["by"] == desk.party else on_behalf(a["by"]),
            )

        return do

    deeds.put(_("Declare a level: {ladder}").format(ladder=spoken(ladder.name)), fields, verb)


def confirm_level(deeds: Deeds) -> None:
    """Say for a party that it knows of the level that holds."""
    ladders = tuple((one.code, spoken(one.name)) for one in deeds.session.covenant.ladders)
    if not ladders:
        deeds.told(_("The covenant has no levels."))
        return
    fields = [
        Field("ladder", _("On which ladder"), ladders),
        Field("party", _("Confirmed by"), deeds.parties(), value=deeds.session.party),
    ]

    def verb(a: Answers) -> Verb:
        return lambda desk: levels.confirm_level(
            desk, a["ladder"], source=None if a["party"] == desk.party else on_behalf(a["party"])
        )

    deeds.put(_("Confirm a level"), fields, verb)


def phase(deeds: Deeds) -> None:
    """Enter a phase of the event."""
    phases = tuple((one.code, spoken(one.name)) for one in deeds.session.covenant.phases)
    if not phases:
        deeds.told(_("The covenant has no phases."))
        return
    fields = [Field("phase", _("Phase"), phases), Field("text", _("In words"), wide=True)]
    deeds.put(
        _("Enter a phase of the event"),
        fields,
        lambda a: lambda desk: levels.set_phase(desk, a["phase"], text=a["text"]),
    )
