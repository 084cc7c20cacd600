"""The show: the neighbour joins, the bag in block 118, the network gap, and what was told too widely."""

from commandlog.demo.before import MEDICAL, TO_ALL
from commandlog.demo.clock import time
from commandlog.demo.evening import Evening
from commandlog.model.frames import Source
from commandlog.model.records import DecisionWords
from commandlog.verbs import (
    agreeing,
    assessing,
    counting,
    incidents,
    levels,
    marking,
    misdirecting,
    saying,
    tasks,
    withholding,
)

TOLD = ("police", "baken", "organiser", "first-aid")


def tell(e: Evening) -> None:
    """Tell 20:00 to 22:49."""
    _neighbour(e)
    _later_start(e)
    _to_the_wrong_one(e)
    _no_answer(e)
    _other_block(e)
    _bag(e)
    _orange(e)
    _no_evacuation(e)
    _owner(e)
    _network_gap(e)
    _told_too_widely(e)
    _number_plate(e)
    _agreement(e)


def _neighbour(e: Evening) -> None:
    e.at("20:00")
    e.join("neighbour", "Lotte Vermeer")
    saying.note(
        e["venue"],
        "De Loods sluit aan met een eigen werkplek. Tellingen worden ieder half uur gedeeld, met de hand:"
        " een koppeling met het eigen logboek van De Loods is er vanavond niet.",
    )
    counting.count(
        e["neighbour"], 1850, text="van 3.000 kaarten, zaal open tot 01:00", place="neighbour", category="crowd"
    )
    counting.count(
        e["venue"], 30_900, text="van 34.000 kaarten, gedeeld met De Loods", place="stadium", category="crowd"
    )


def _later_start(e: Evening) -> None:
    e.at("20:22")
    saying.decide(
        e["organiser"],
        DecisionWords(
            known="Nog 2.600 mensen voor poort F en G, wachttijd twaalf minuten; het regent.",
            options="Op tijd beginnen; vijf of tien minuten later beginnen.",
            decision="Aanvang tien minuten later: 20:40.",
            reason="Wie de muziek hoort beginnen gaat duwen; tien minuten is genoeg om de rij weg te werken.",
            decider="Jasper Smit, na overleg met De Dijk en politie",
        ),
        category="crowd",
    )
    e.at("20:40")
    e.enter("venue", "Camera 1: tel poort F 15 % #drukte")
    levels.set_phase(e["venue"], "show", text="Begonnen, tien minuten later dan gepland")


def _to_the_wrong_one(e: Evening) -> None:
    """The first aid post means the venue and picks the organiser."""
    e.at("20:31")
    asked = saying.message(
        e["first-aid"],
        "Graag de dienstlift bij vak 104 vrijhouden, brancard onderweg naar de post",
        to_party="organiser",
        place="block-104",
        category="medical",
        audience=("first-aid", "organiser"),
    ).seq
    e.at("20:33")
    wrong = misdirecting.misdirected(
        e["first-aid"],
        asked,
        "organiser",
        "venue",
        "Niets doen en niet doorvertellen: het was voor De Dijk",
        ground="het bericht was voor De Dijk bedoeld",
        take_back=True,
    ).seq
    misdirecting.confirm_read(e["organiser"], wrong, text="begrepen, niemand hier heeft er iets mee gedaan")
    saying.add_to(e["venue"], asked, "Lift staat vast beneden, steward erbij", audience=("first-aid", "venue"))


def _no_answer(e: Evening) -> None:
    e.at("20:48")
    saying.message(
        e["baken"], "Oog 4 driemaal opgeroepen op kanaal 1: geen gehoor", to_unit="Oog 4", category="communication"
    )
    saying.note(
        e["baken"],
        "Oog 4 stond nog op kanaal 1; via Oog 3 gevraagd over te schakelen naar kanaal 3",
        category="communication",
    )
    e.at("20:50")
    report = e.enter("baken", "Oog 4 hier: weer op kanaal 3, hoor u luid en duidelijk #verbindingen")
    assessing.assess(e["baken"], report, "no_action")
    assessing.feed_back(e["baken"], report, "Goed ontvangen, blijf op 3.")


def _other_block(e: Evening) -> None:
    e.at("21:03")
    report = e.enter("first-aid", "EHBO 3: medisch, vak 112, ploeg onderweg #medisch !verhoogd", heard=20)
    assessing.assess(e["first-aid"], report, "no_action", text="EHBO handelt zelf af")
    e.at("21:05")
    saying.correct(
        e["first-aid"],
        report,
        "medisch, vak 121, ploeg onderweg",
        reason="verkeerd verstaan: 121, niet 112",
        place="block-121",
    )
    saying.note(
        e["first-aid"],
        "Man, 24, flauwgevallen in vak 121, weer aanspreekbaar, loopt mee naar de post.",
        place="block-121",
        category="medical",
        audience=MEDICAL,
    )
    e.at("21:10")
    assessing.feed_back(e["first-aid"], report, "Patiënt is op de post, ploeg weer vrij.")


def _bag(e: Evening) -> None:
    e.at("21:12")
    voice = Source(role="unknown", channel="2")
    bag = saying.report(
        e["venue"],
        "Onbeheerde tas vak 118",
        source=voice,
        heard_at=e.now - 10_000,
        place="block-118",
        category="unattended",
        priority="urgent",
    ).seq
    assessing.assess(e["venue"], bag, "observe", text="Camera 2 kijkt mee, niemand raakt de tas aan")
    incident = incidents.open_incident(
        e["venue"], "Onbeheerde tas vak 118", entries=(bag,), place="block-118", category="unattended"
    ).seq
    second = e.enter("baken", "Service 6: zwarte sporttas zonder eigenaar onder stoel vak 118 #onbeheerd")
    other = incidents.open_incident(e["baken"], "Sporttas bij Service 6", entries=(second,)).seq
    e.at("21:13")
    assessing.duplicate(e["baken"], second, bag)
    incidents.merge(e["baken"], other, incident, reason="dezelfde tas")
    e.seq |= {"bag": bag, "bag twice": second, "bag incident": incident}


def _orange(e: Evening) -> None:
    e.at("21:14")
    e.seq["orange"] = levels.set_level(e["venue"], "venue", "orange", text="Onbeheerde tas vak 118", told=TOLD).seq
    for party in ("police", "baken", "first-aid"):
        levels.confirm_level(e[party], "venue")
    e.at("21:15")
    saying.message(e["venue"], "Noordlicht: niveau oranje nog niet bevestigd, graag bevestigen", to_party="organiser")


def _no_evacuation(e: Evening) -> None:
    bag = e.seq["bag"]
    e.at("21:17")
    decision = saying.decide(
        e["police"],
        DecisionWords(
            known="Sporttas onder een stoel sinds ongeveer 20:55, dichtgeritst, geen geur of draden, geen dreiging"
            " bekend. Op beeld zet iemand hem neer en loopt rustig naar de horeca.",
            options="Vak 117 tot en met 119 ontruimen; ruimte maken en eigenaar zoeken; niets doen.",
            decision="Niet ontruimen, ruimte maken.",
            reason="Alles wijst op vergeten bagage; een ontruiming over de natte trap west is nu het grotere gevaar.",
            decider="Officier van dienst politie, in overleg met hoofd veiligheid De Dijk",
        ),
        place="block-118",
        category="unattended",
        priority="urgent",
    ).seq
    incidents.link(e["police"], decision, e.seq["bag incident"])
    e.seq["decision"] = decision
    task = tasks.propose(
        e["venue"],
        "Maak rij 8 tot en met 14 in vak 118 rustig vrij, gasten naar vak 119; niet ontruimen, tas niet aanraken",
        to_party="baken",
        entry=bag,
        finish_by=time("21:25"),
        priority="urgent",
    ).seq
    tasks.accept(e["baken"], task, text="Service 6 en Service 1")
    e.at("21:19")
    saying.correct(
        e["venue"],
        bag,
        reason="stem herkend: het was Steward 2",
        source=saying.source_of(e["venue"], "Steward 2"),
    )
    e.at("21:22")
    tasks.done(e["baken"], task, text="zeven rijen leeg, gasten werken goed mee")
    tasks.confirm(e["venue"], task)
    e.at("21:24")
    levels.confirm_level(e["organiser"], "venue")
    saying.note(e["organiser"], "Niveau oranje pas om 21:24 bevestigd: portofoon stond bij het podium te zacht")


def _owner(e: Evening) -> None:
    e.at("21:26")
    owner = e.enter("venue", "Service 6: eigenaar terecht vak 118, was drinken halen, herkent eigen tas #onbeheerd")
    incidents.link(e["venue"], owner, e.seq["bag incident"])
    levels.set_level(
        e["venue"], "venue", "yellow", text="Eigenaar terecht, afschalen", told=TOLD, review_by=time("23:45")
    )
    for party in TOLD:
        levels.confirm_level(e[party], "venue")
    e.at("21:28")
    assessing.assess(e["venue"], owner, "no_action", text="Tas is terug bij de eigenaar")
    assessing.feed_back(e["venue"], owner, "Dank, gasten mogen terug naar hun rij.")
    assessing.assess(e["venue"], e.seq["bag"], "false_alarm", text="Vergeten bagage")
    assessing.feed_back(
        e["venue"], e.seq["bag"], "Steward 2: eigenaar gevonden, goed gemeld. Noem volgende keer je roepnaam."
    )
    assessing.feed_back(e["baken"], e.seq["bag twice"], "Zelfde tas als Steward 2 meldde, eigenaar is terecht.")
    incidents.close_incident(e["venue"], e.seq["bag incident"], text="Eigenaar terecht")
    for entry in (e.seq["bag"], e.seq["orange"], e.seq["decision"], owner):
        marking.mark(e["venue"], entry, reason="voor het verslag: de tas van vak 118")


def _network_gap(e: Evening) -> None:
    e.at("21:38")
    task = tasks.propose(
        e["organiser"],
        "Verschoven dranghek bij vak 104 terugzetten, vluchtweg moet vrij",
        to_party="baken",
        answer_by=time("21:45"),
        place="block-104",
    ).seq
    e.at("21:46")
    saying.note(
        e["venue"],
        "Netwerk in de commandokamer weg van 21:40 tot 21:46. Op papier doorgewerkt, hieronder ingevoerd.",
        category="communication",
        occurred_at=time("21:40"),
    )
    tasks.accept(e["baken"], task, text="tijdens de storing per portofoon aangenomen", occurred_at=time("21:42"))
    saying.note(
        e["venue"],
        "Ook De Dijk heeft het dranghek bij vak 104 aangenomen, Steward 1 was al onderweg.",
        place="block-104",
        occurred_at=time("21:43"),
        paper="V1-01/3",
    )
    e.at("21:48")
    saying.decide(
        e["organiser"],
        DecisionWords(
            known="Tijdens de storing hebben Baken en De Dijk allebei dezelfde actie aangenomen.",
            decision="Baken voert uit, De Dijk trekt zich terug.",
            reason="Baken stond met twee mensen bij het hek.",
            decider="Jasper Smit, met akkoord van Baken en De Dijk",
        ),
        place="block-104",
    )
    e.at("21:55")
    tasks.done(e["baken"], task, text="hek staat terug en is geborgd")
    tasks.confirm(e["organiser"], task)


def _told_too_widely(e: Evening) -> None:
    e.at("22:03")
    entry = saying.message(
        e["organiser"],
        "Sanne de Wit uit vak 109 is onwel geworden en ligt bij de EHBO, suikerziekte; haar vriendin zoekt haar",
        to=TO_ALL,
        place="block-109",
        category="medical",
    ).seq
    e.at("22:05")
    withholding.recall(
        e["organiser"],
        (entry,),
        ("police", "baken", "municipality", "neighbour"),
        "naam en toestand van een patiënt horen niet bij alle partijen",
    )
    saying.note(
        e["organiser"],
        "Medisch, vak 109: bezoeker onwel, is bij de EHBO. Gegevens alleen bij EHBO en De Dijk.",
        place="block-109",
        category="medical",
    )
    saying.message(
        e["first-aid"],
        "Bericht van 22:03 is ingetrokken. Geef de naam en de toestand niet verder, ook niet op de portofoon.",
        to=TO_ALL,
        category="medical",
    )
    saying.note(
        e["first-aid"],
        "Patiënt vak 109: bekend diabetes, suiker gegeven, knapt op. Vriendin is bij haar op de post.",
        place="first-aid-post",
        category="medical",
        audience=MEDICAL,
    )


def _number_plate(e: Evening) -> None:
    e.at("22:18")
    plate = saying.note(
        e["police"],
        "Witte bestelbus, kenteken XX-000-X, gezocht voor het verkopen van valse kaartjes; bestuurder is weggereden.",
        place="taxi",
        category="public-order",
        audience=("police",),
    ).seq
    e.at("22:20")
    withholding.release(
        e["police"],
        (plate,),
        "baken",
        "Wet politiegegevens, art. 19 onder b: handhaven van de openbare orde bij de uitstroom",
    )


def _agreement(e: Evening) -> None:
    e.at("22:35")
    e.seq["gate g"] = agreed = agreeing.agree_on(
        e["police"],
        "Poort G dicht tot perron vrij",
        ("venue",),
        person="Coördinator Dijk",
        source=tasks.on_behalf("police", "telefoon"),
        place="gate-g",
        category="crowd",
    ).seq
    e.at("22:37")
    agreeing.affirm_agreement(e["venue"], agreed, text="Poort G blijft dicht tot de politie het perron vrijgeeft")
