"""The outflow, the stand-down, and the question of the press on the next morning."""

from commandlog.demo.before import TO_ALL
from commandlog.demo.during import TOLD
from commandlog.demo.evening import OPERATORS, Evening
from commandlog.model.frames import Source
from commandlog.model.records import DecisionWords
from commandlog.verbs import (
    agreeing,
    assessing,
    closing,
    counting,
    incidents,
    levels,
    saying,
    tasks,
    units,
    withholding,
)


def tell(e: Evening) -> None:
    """Tell 22:50 to 09:10."""
    _outflow(e)
    _green(e)
    _stand_down(e)
    _press(e)


def _outflow(e: Evening) -> None:
    e.at("22:45")
    e.leave("police")
    e.at("22:50")
    levels.set_phase(e["venue"], "outflow", text="Laatste toegift gespeeld")
    report = e.enter("venue", "Service 2: het loopt vol, trap west 90 %, ik houd ze vast #drukte !verhoogd", heard=10)
    counting.count(
        e["venue"],
        90,
        measure="percent",
        text="loopt vol, mensen worden vastgehouden",
        source=saying.source_of(e["venue"], "Service 2"),
        place="stairs-west",
        category="crowd",
    )
    incident = incidents.open_incident(
        e["venue"], "Uitstroom trap west", entries=(report,), place="stairs-west", category="crowd"
    ).seq
    assessing.assess(e["venue"], report, "task_given", text="Vasthouden tot de loopbrug ruimte heeft")
    saying.note(e["venue"], "Werkplek van de politie is leeg: gebeld met de officier van dienst", place="control-room")
    task = tasks.propose(
        e["venue"],
        "Houd de loopbrug vrij zolang trap west leegstroomt",
        to_party="police",
        entry=report,
        orally=True,
        person="Officier van dienst politie",
        source=tasks.on_behalf("venue", "telefoon"),
        place="footbridge",
    ).seq
    e.at("23:02")
    e.join("police", OPERATORS["police"])
    for callsign in ("Motor 1", "Motor 2"):
        units.set_status(e["police"], callsign, "busy", task=task, text="bij de loopbrug")
    tasks.affirm(e["police"], task, text="Klopt, Motor 1 en Motor 2 staan bij de loopbrug")
    assessing.feed_back(e["venue"], report, "Service 2: loopbrug is vrij, laat ze in groepen van vijftig gaan.")
    e.at("23:18")
    agreeing.end_agreement(e["police"], e.seq["gate g"], text="perron vrij, poort G mag weer open")
    e.enter("venue", "tel trap west 10 %")
    tasks.done(e["police"], task, text="trap west leeg, loopbrug rustig")
    for callsign in ("Motor 1", "Motor 2"):
        e.enter("police", f"{callsign} vrij")
    tasks.confirm(e["venue"], task)
    incidents.close_incident(e["venue"], incident, text="Trap west leeg om 23:15")


def _green(e: Evening) -> None:
    e.at("23:40")
    levels.set_level(
        e["venue"],
        "venue",
        "green",
        text="Stadion leeg op de bar na, afgeschaald naar groen",
        told=TOLD,
    )
    for party in TOLD:
        levels.confirm_level(e[party], "venue")


def _stand_down(e: Evening) -> None:
    e.at("00:15")
    levels.set_phase(e["venue"], "stand-down", text="Alle ploegen ingerukt")
    debrief = saying.note(e["venue"], "Nabespreking, drie vragen aan iedereen die er nog is", place="control-room").seq
    saying.add_to(
        e["venue"], debrief, "Wat ging goed? De tas: in veertien minuten van melding tot eigenaar, zonder paniek."
    )
    saying.add_to(
        e["baken"], debrief, "Wat moet anders? Kanaalwissel vóór de show controleren; een lege werkplek eerder melden."
    )
    saying.add_to(
        e["police"], debrief, "Wat nemen we mee? De telling met De Loods moet vanzelf gaan, niet met de hand."
    )
    saying.note(
        e["venue"],
        "Blijft open, met wie het overneemt: reparatie van het dranghek bij poort B (De Dijk, maandag),"
        " antislip op trap west (De Dijk, vóór het volgende concert), terugkoppeling over de gevonden trouwring"
        " (Baken, balie gevonden voorwerpen).",
    )
    e.at("00:24")
    saying.decide(
        e["venue"],
        DecisionWords(
            known="Stadion leeg, geen open meldingen, drie punten doorgeschoven met naam en datum.",
            decision="Einde inzet: logboek afgesloten door De Dijk en politie."
            " Wat daarna nog komt, wordt als later gemerkt.",
            decider="Marloes Veenstra (De Dijk) en Karin Postma (politie)",
        ),
    )
    saying.message(e["police"], "Akkoord met einde inzet; politie vertrekt om 00:30", to=TO_ALL)
    closing.close(e["venue"], and_party="police", text="drie punten schuiven door", roll_over=True)
    e.at("00:30")
    for party in ("police", "venue"):
        e.leave(party)


def _press(e: Evening) -> None:
    e.at("09:00")
    e.join("venue", OPERATORS["venue"])
    bag = e.seq["bag"]
    saying.add_to(
        e["venue"],
        bag,
        "Persvraag: klopt het dat er gisteren een bom lag en dat het stadion bijna is ontruimd?",
        source=Source(channel="telefoon"),
        person="redactie Dijkbode (verzonnen)",
    )
    e.at("09:04")
    saying.add_to(
        e["venue"],
        bag,
        "Feitenrelaas: 21:12 melding onbeheerde tas vak 118. 21:14 niveau oranje. 21:17 besluit: niet ontruimen,"
        " ruimte maken. 21:26 eigenaar terecht, afgeschaald. Geen explosief, geen ontruiming, geen gewonden.",
    )
    saying.add_to(e["venue"], bag, "Feitenrelaas voorgelezen aan de redactie; geen namen genoemd.")
    e.at("09:08")
    saying.add_to(
        e["venue"],
        e.seq["child"],
        "Besluit van Marloes Veenstra: De gegevens van het kind worden gewist. Het is om 18:34 gevonden; voor"
        " verantwoording zijn naam, leeftijd en jas niet meer nodig.",
        audience=("police", "venue", "baken", "first-aid"),
    )
    child = (e.seq["child details"], e.seq["child found"], e.seq["child task"])
    withholding.erase(e["venue"], child, "AVG, art. 5 lid 1 onder c en e, besluit van 09:08")
