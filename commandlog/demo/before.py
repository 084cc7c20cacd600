"""From the briefing to the rain: preparation, build-up, doors."""

from commandlog.demo.clock import time
from commandlog.demo.evening import OPERATORS, Evening
from commandlog.verbs import assessing, counting, incidents, levels, saying, tasks, units

TO_ALL = "alle partijen"
CHILD = ("police", "venue", "baken", "first-aid")
MEDICAL = ("first-aid", "venue")


def tell(e: Evening) -> None:
    """Tell 15:00 to 19:59."""
    _opening(e)
    _briefing(e)
    _bulletin(e)
    _doors(e)
    _man_with_a_camera(e)
    _what_became_of_him(e)
    _girl_missing(e)
    _girl_found(e)
    _guests(e)
    _rain(e)


def _opening(e: Evening) -> None:
    levels.set_phase(e["venue"], "preparation")
    for party, operator in OPERATORS.items():
        e.join(party, operator)
    saying.note(e["venue"], "OEFENING. Alles in dit logboek is oefening, alle namen zijn verzonnen.")


def _briefing(e: Evening) -> None:
    e.at("15:30")
    briefing = saying.note(
        e["venue"],
        "Briefing. Aanwezig: politie, De Dijk, Baken, Noordlicht, EHBO. Gemeente telefonisch bereikbaar."
        " De Loods afwezig: het convenant noemt daar nog geen aanspreekpunt.",
        place="control-room",
    ).seq
    e.at("15:38")
    saying.add_to(
        e["venue"],
        briefing,
        "Verwacht: 34.000 bezoekers, deuren 17:00, aanvang 20:30, einde 22:45. Regen vanaf 19:00."
        " Buiten de poorten heeft de politie de regie, binnen De Dijk, medisch overal de EHBO.",
    )
    e.at("15:41")
    e.seq["neighbour"] = task = tasks.propose(
        e["venue"],
        "Regel voor vanavond een vast aanspreekpunt bij De Loods",
        to_party="organiser",
        entry=briefing,
        finish_by=time("19:30"),
    ).seq
    tasks.accept(e["organiser"], task, text="Jasper belt de bedrijfsleider")
    e.at("16:00")
    levels.set_phase(e["venue"], "build-up")
    levels.set_level(e["venue"], "venue", "green", text="Begin van de avond", review_by=time("21:30"))


def _bulletin(e: Evening) -> None:
    e.at("16:10")
    saying.message(
        e["police"],
        "TLP:AMBER · Informatiebericht: geen concrete dreiging; let op verkenning (filmen van poorten, opmeten, vragen"
        " naar looproutes). Gevraagd: meld wat u ziet, treed niet op buiten uw bevoegdheid, bevestig met uw maatregel.",
        to=TO_ALL,
        category="information",
        audience=("police", "venue", "baken", "organiser", "first-aid"),
    )
    e.at("16:14")
    about = "Informatiebericht politie van 16:10 gelezen."
    saying.note(
        e["baken"],
        f"{about} Maatregel: extra tascontroles, met toestemming, bij poort E en F tot 20:30.",
        category="information",
    )
    saying.note(e["venue"], f"{about} Maatregel: Camera 1 blijft op de poorten E tot en met H.", category="information")
    e.at("16:19")
    saying.note(e["first-aid"], f"{about} Geen eigen maatregel, ploegen zijn gebriefd.", category="information")
    e.at("16:48")
    saying.note(
        e["organiser"],
        f"{about} Na herinnering door de politie. Maatregel: crewpassen zichtbaar dragen.",
        category="information",
    )


def _doors(e: Evening) -> None:
    e.at("17:00")
    levels.set_phase(e["venue"], "doors", text="Alle poorten open, geen bijzonderheden")
    e.at("17:25")
    source = saying.source_of(e["venue"], "Camera 1")
    counting.count(e["venue"], 70, measure="percent", text="oranje", source=source, place="gate-f", category="crowd")
    saying.message(
        e["venue"], "Poort F oranje: stuur nieuwe aanloop vanaf het plein naar poort G en H", to_unit="Service 4"
    )


def _man_with_a_camera(e: Evening) -> None:
    e.at("17:40")
    report = e.enter("venue", "Commando, hier Oog 2: man filmt camera's poort F, grote rugzak #verdacht", heard=25)
    e.at("17:42")
    asked = tasks.propose(
        e["venue"],
        "Graag een eenheid naar poort F, man filmt camera's en loopt steeds terug",
        to_party="police",
        entry=report,
        answer_by=time("17:44"),
    ).seq
    e.at("17:43")
    for callsign in ("Eenheid 11", "Eenheid 12"):
        units.set_status(e["police"], callsign, "busy", text="bij het station")
    tasks.decline(e["police"], asked, "geen eenheid vrij, Eenheid 11 en 12 staan bij het station")
    e.at("17:44")
    task = tasks.propose(e["venue"], "aanspreken als gastheer, niet fouilleren", to_unit="Service 3", entry=report).seq
    assessing.assess(e["venue"], report, "approach", text="Service 3, als gastheer")
    tasks.accept(e["baken"], task, text="Service 3 loopt erheen")
    units.set_status(e["baken"], "Service 3", "busy", task=task, source=saying.source_of(e["baken"], "Service 3"))
    e.seq |= {"vlogger": report, "approach": task}


def _what_became_of_him(e: Evening) -> None:
    report, task = e.seq["vlogger"], e.seq["approach"]
    e.at("17:47")
    tasks.start(e["baken"], task, text="Service 3 spreekt hem aan")
    e.at("17:51")
    tasks.done(
        e["baken"], task, text="Vlogger, loos alarm: filmt voor zijn kanaal, rugzak met statief vrijwillig getoond"
    )
    tasks.confirm(e["venue"], task)
    e.enter("baken", "Service 3 vrij")
    assessing.assess(e["venue"], report, "false_alarm", text="Vlogger")
    assessing.feed_back(e["venue"], report, "Oog 2: vlogger met statief, loos alarm. Goed gezien, blijf melden.")


def _girl_missing(e: Evening) -> None:
    e.at("18:20")
    stub = e.enter("venue", "Service 6 plein kind vermist, gegevens bij politie, De Dijk, Baken en EHBO #vermissing")
    details = saying.note(
        e["venue"],
        "Meisje, 8 jaar, gele jas, luistert naar Fenna. Laatst gezien 18:10 bij de merchandise op het plein."
        " Moeder staat bij Service 6.",
        place="square",
        category="missing",
        audience=CHILD,
    ).seq
    incident = incidents.open_incident(
        e["venue"], "Vermist kind, plein", entries=(stub, details), place="square", category="missing"
    ).seq
    e.at("18:21")
    saying.note(
        e["venue"],
        "Actiekaart vermist kind: 1 signalement naar alle ploegen, 2 ouder blijft op de plek van vermissing,"
        " 3 poorten letten op kinderen die naar buiten gaan, 4 camera's terugkijken, 5 na tien minuten politie erbij.",
        category="missing",
    )
    task = tasks.propose(
        e["venue"],
        "Uitkijken naar meisje, 8, gele jas; poorten C en D letten op wie naar buiten gaat",
        to_party="baken",
        entry=details,
        finish_by=time("18:40"),
    ).seq
    tasks.accept(e["baken"], task, text="alle ploegen hebben het signalement")
    assessing.assess(e["venue"], stub, "task_given", text="Actiekaart loopt")
    e.seq |= {"child": stub, "child details": details, "child incident": incident, "child task": task}


def _girl_found(e: Evening) -> None:
    e.at("18:30")
    saying.message(e["venue"], "Kind tien minuten vermist, kijk op het plein mee", to_party="police", audience=CHILD)
    e.at("18:34")
    tasks.done(e["baken"], e.seq["child task"], text="Gevonden door Service 5 bij de crêpekraam, ongedeerd")
    tasks.confirm(e["venue"], e.seq["child task"])
    found = saying.add_to(e["venue"], e.seq["child details"], "18:34 herenigd met haar moeder bij Service 6.").seq
    assessing.feed_back(e["venue"], e.seq["child"], "Kind gevonden om 18:34 en bij de moeder. Dank, Service 6.")
    incidents.close_incident(e["venue"], e.seq["child incident"], text="Gevonden, ongedeerd")
    e.seq["child found"] = found
    e.at("18:42")
    task = e.seq["neighbour"]
    tasks.done(e["organiser"], task, text="Lotte Vermeer zit vanaf 20:00 voor De Loods in de commandokamer")
    tasks.confirm(e["venue"], task)


def _guests(e: Evening) -> None:
    e.at("18:50")
    e.enter(
        "venue",
        "VIP-ingang burgemeester met zes gasten, via lift B naar de loge, vertrek 22:30 #vip @politie,Dijk,Baken",
    )


def _rain(e: Evening) -> None:
    e.at("19:15")
    report = e.enter("venue", "Steward 1: let op, trap west glad, regen waait naar binnen #weer", heard=15)
    stub = e.enter("first-aid", "EHBO 2: medisch, trap west, bezoeker gevallen, ploeg ter plaatse #medisch")
    e.enter("first-aid", "EHBO 2 bezet")
    details = saying.note(
        e["first-aid"],
        "Vrouw, 61, uitgegleden op trap west, pols gekneusd, wil blijven. Verband, over een uur terug op de post.",
        place="stairs-west",
        category="medical",
        audience=MEDICAL,
    ).seq
    incidents.open_incident(e["venue"], "Gladde trap west", entries=(report, stub, details), place="stairs-west")
    task = tasks.propose(
        e["venue"],
        "Trap west droogmaken en matten leggen, linkerbaan zolang dicht",
        to_unit="Service 2",
        entry=report,
        finish_by=time("19:35"),
    ).seq
    assessing.assess(e["venue"], report, "task_given", text="Service 2")
    assessing.assess(e["first-aid"], stub, "no_action", text="EHBO handelt zelf af")
    e.at("19:24")
    tasks.accept(e["baken"], task, text="later geantwoord: Service 2 stond bij poort B")
    e.enter("first-aid", "EHBO 2 vrij")
    assessing.feed_back(e["first-aid"], stub, "Behandeld op de post, bezoeker is terug naar haar plaats.")
    e.at("19:41")
    tasks.done(e["baken"], task, text="matten liggen, rechterbaan in gebruik")
    tasks.confirm(e["venue"], task)
    assessing.feed_back(e["venue"], report, "Steward 1: matten liggen, linkerbaan blijft dicht tot het droog is.")
