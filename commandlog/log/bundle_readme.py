"""What a bundle says of itself to whoever gets it, in Dutch and English whatever the log speaks.

The text is part of the format: a bundle with another one does not hold, so nobody can be told to check it in some other
way. It therefore never changes within a version of the format.
"""

TEXT = """\
COMMANDLOG – BUNDEL / BUNDLE                                                          (English below)
=====================================================================================================

Wat is dit?
-----------
Dit bestand is een volledige kopie van een logboek dat met CommandLog is bijgehouden, vanaf de eerste
regel. Het is zo gemaakt dat iedereen zelf kan nagaan dat er achteraf niets is veranderd, ingevoegd,
weggelaten of verplaatst. Daarvoor is geen vertrouwen nodig in wie het heeft gegeven.

Is het voor één partij gemaakt, dan staat in manifest.json bij "for" welke. Van regels die deze partij niet
mag lezen, staat er dan alleen dat ze bestaan, wanneer ze zijn vastgelegd en door welke werkplek. Ook zo'n
bundel is na te gaan. Zijn de woorden van een regel gewist, dan blijft te zien dat die regel er was.

Hoe gaat u het na?
------------------
1. Pak dit bestand niet uit en verander niets; bewaar het zoals u het kreeg.
2. Met CommandLog:              commandlog verify BESTAND.zip
   Zonder CommandLog, met het losse controleprogramma dat erbij hoort (alleen Python 3 nodig):
                                python3 verify_commandlog.py BESTAND.zip
   Haal dat programma niet bij wie u de bundel gaf, maar bij de makers van CommandLog. Het is kort genoeg om
   door een eigen deskundige te laten lezen of na te laten bouwen; de beschrijving staat erbij.
3. Het antwoord is dat alles klopt, of waar het eerste niet klopt.
4. Heeft iemand eerder een controleregel van dit logboek bewaard ("CommandLog checkpoint ..."), leg de bundel
   daar dan naast:              commandlog verify BESTAND.zip --against "CommandLog checkpoint ..."
   Dat laat ook zien dat het einde er niet af is geknipt en dat niet alles opnieuw is geschreven. Uit het
   bestand alleen kan dat niet blijken.

Wat zit erin?
-------------
records.jsonl       alle regels op volgorde, een per tekstregel: wat er staat, wanneer, door wie, en de
                    controlegetallen die elke regel aan de vorige vastmaken
checkpoints.jsonl   door werkplekken ondertekende tussenstanden
attachments/        de bijlagen (foto's, documenten); de naam is het controlegetal
manifest.json       de inhoudsopgave, met het controlegetal van elk onderdeel
signature.json      de handtekening van de werkplek die de bundel maakte (kan ontbreken)

Tijden in de regels zijn milliseconden sinds 1 januari 1970, 00:00 uur UTC.


What is this?
-------------
This file is a complete copy of a log that was kept with CommandLog, from its first entry on. It is made so
that anybody can check that nothing in it was changed, inserted, left out or moved afterwards. Whoever gave
it to you need not be trusted for that.

If it was made for one party, "for" in manifest.json says which. Of entries that this party may not read it
then holds only that they exist, when they were kept and by which desk. Such a bundle can be checked too.
Where the words of an entry were erased, it still shows that there was an entry.

How do you check it?
--------------------
1. Do not unpack this file and change nothing in it; keep it as you got it.
2. With CommandLog:             commandlog verify FILE.zip
   Without CommandLog, with the separate program that belongs to it (it needs nothing but Python 3):
                                python3 verify_commandlog.py FILE.zip
   Get that program from the makers of CommandLog, not from whoever gave you the bundle. It is short enough to
   be read, or written again, by an expert of your own; the description comes with it.
3. The answer is that all of it holds, or where the first thing does not.
4. If somebody kept a check line of this log earlier ("CommandLog checkpoint ..."), hold the bundle against it:
                                commandlog verify FILE.zip --against "CommandLog checkpoint ..."
   This also shows that its end was not cut off and that it was not written anew as a whole. The file alone
   cannot show that.

What is in it?
--------------
records.jsonl       all entries in their order, one a line: what was said, when, by whom, and the check values
                    that tie each entry to the one before
checkpoints.jsonl   states in between that desks have signed
attachments/        the attachments (photos, documents), named by their check value
manifest.json       what is in here, with the check value of each part
signature.json      the signature of the desk that made the bundle (may be absent)

Times in the entries are milliseconds since 1 January 1970, 00:00 UTC.
"""

README = TEXT.encode()
