"""What columns of a log are called, and what their values are called, in a dozen languages and more.

The languages of a role are parted by a bar, the better names first; English and Dutch share the first part. Accents and
capitals do not count.
"""

from commandlog.intake.time_words import folded

_ROLES: dict[str, str] = {
    "time": """
        time timestamp datetime tijdstip datumtijd occurred created creation received opened reported
        start started begin date datum tijd when melddatum call aanvang gestart logged ts unixtime epoch
        moment | horodatage dateheure heure date debut | zeitstempel zeitpunkt datumzeit zeit uhrzeit
        datum beginn eingang | fechahora fecha hora inicio | dataora data ora orario inizio | datahora
        data hora inicio | czas data godzina poczatek zgloszenia | datum cas | tid tidpunkt dato
        tidspunkt | ido idopont | tarih saat zaman | время датавремя дата начало | час дата початок
    """,
    "end": """
        end ended closed close eind einde cleared resolved tot afgesloten closing afgehandeld gesloten
        finished eindtijd completed until stop gereed clear | fin cloture termine ferme | ende beendet
        abgeschlossen geschlossen bis erledigt schluss | fin cierre cerrado termino | fine chiusura
        chiuso termine | fim encerramento fechado termino encerrado | koniec zakonczenie zamkniecie
        zakonczono | конец окончание завершение закрытие закрыто завершено | кінець завершення закриття
        закрито
    """,
    "duration": """
        duration duur looptijd tijdsduur elapsedtime length | duree | dauer | duracion | durata |
        duracao | trwania trwanie | длительность продолжительность | тривалість
    """,
    "elapsed": """
        elapsed verstreken since sinds t+ offset relative relatief | ecoule ecoulee depuis | verstrichen
        seit | transcurrido desde | trascorso | decorrido | uplynelo | прошло истекло | минуло
    """,
    "text": """
        message text tekst bericht melding description omschrijving beschrijving remarks opmerking
        opmerkingen notes note narrative details summary comment comments toelichting entry event
        subject title titel onderwerp regel inhoud mededeling waarneming observation log what wat
        gebeurtenis msg | message texte description libelle evenement remarque remarques commentaire
        observations objet intitule | meldung nachricht text meldetext beschreibung bemerkung
        bemerkungen ereignis inhalt stichwort betreff | mensaje texto descripcion observaciones
        comentario suceso evento asunto | messaggio testo descrizione osservazioni nota note evento
        oggetto | mensagem texto descricao observacoes ocorrencia comentario assunto | wiadomosc tresc
        tekst opis komunikat uwagi zdarzenie | popis udalost hlaseni poznamka | beskrivning beskrivelse
        handelse hendelse haendelse | leiras esemeny | descriere eveniment | aciklama olay | сообщение
        текст описание содержание происшествие событие примечание комментарий | повідомлення текст опис
        зміст подія примітка коментар
    """,
    "unit": """
        unit eenheid callsign roepnaam roepnummer vehicle voertuig van from bron ploeg team wie who door
        by sender afzender | unite indicatif equipe vehicule | einheit funkrufname rufname trupp
        fahrzeug von | unidad indicativo equipo patrulla | unita squadra pattuglia | unidade equipa
        equipe viatura | jednostka patrol zastep | позывной подразделение экипаж наряд | позивний
        підрозділ екіпаж
    """,
    "party": """
        party partij organisatie organisation organization agency dienst organisme organisacion
    """,
    "person": """
        reporter caller melder reportedby informant | appelant declarant requerant | melder anrufer |
        informante denunciante | segnalante chiamante | informante solicitante | zglaszajacy | заявитель
        | заявник
    """,
    "place": """
        location locatie place plaats address adres street straat borough city wijk gemeente district
        zone area vak venue neighborhood neighbourhood buurt stad beat sector ward site crossstreet
        intersection kruispunt gate poort region block plek waar where | lieu endroit emplacement
        adresse rue commune ville quartier secteur arrondissement | ort einsatzort adresse strasse stadt
        bezirk stadtteil ortsteil bereich | lugar ubicacion direccion calle municipio ciudad barrio
        colonia alcaldia delegacion | luogo indirizzo via comune citta quartiere zona | local
        localizacao endereco morada rua municipio cidade bairro freguesia concelho | miejsce lokalizacja
        adres ulica miasto dzielnica gmina | misto adresa ulice | plats sted adress | hely cim | yer
        konum | место адрес улица город район округ | місце адреса вулиця місто район
    """,
    "category": """
        category categorie type soort kind aard class classification classificatie | categorie nature
        genre | kategorie einsatzart art typ stichwort | categoria tipo clase | categoria tipologia tipo
        | categoria natureza tipo | kategoria rodzaj typ | typ druh | kategori tur | категория тип вид |
        категорія тип вид
    """,
    "priority": """
        priority prioriteit prio urgency urgentie severity level ernst | priorite urgence gravite |
        prioritat prioritaet dringlichkeit | prioridad urgencia gravedad | priorita urgenza gravita |
        prioridade urgencia gravidade | priorytet pilnosc | приоритет срочность | пріоритет терміновість
    """,
    "state": """
        status state stand toestand voortgang progress | statut etat | status zustand | estado situacion
        estatus | stato | estado situacao | status stan | статус состояние | статус стан
    """,
    "zone": """
        timezone tijdzone tz zone offset utcoffset utc zeitzone fuseau huso fuso strefa зона пояс ampm
    """,
    "coordinates": """
        coordinates coordinaten coordinate coords coord latlon latlng latlong lonlat wkt geometry geom
        position positie gps point punt location locatie koordinaten koordinate coordonnees coordenadas
        coordenada georeference wspolrzedne координаты
    """,
    "latitude": """
        latitude lat breedtegraad y ycoord ycoordinaat ycoordinate pointy northing noord | latitud
        latitudine breitengrad breite hochwert szerokosc широта
    """,
    "longitude": """
        longitude lon lng long lengtegraad x xcoord xcoordinaat xcoordinate pointx easting oost |
        longitud longitudine langengrad laengengrad lange rechtswert dlugosc долгота довгота
    """,
    "key": """
        id nr number nummer no guid uuid key case kenmerk reference ref zaak | numero identifiant |
        nummer kennung aktenzeichen einsatznummer | numero folio expediente | numer | номер
    """,
}
ROLE_WORDS: dict[str, dict[str, int]] = {
    role: {
        word: 100 - n for part in reversed(parts.split("|")) for n, word in enumerate(folded(part).split()) if n < 100
    }
    for role, parts in _ROLES.items()
}
"""Role → word → how well it fits, 1 to 100."""

# The words by which a column counts for the identity of a row without a key. Never changed: a log that was imported by
# them must be known again.
KNOWN_APART: dict[str, tuple[str, ...]] = {
    "place": (
        *("location", "locatie", "place", "plaats", "address", "adres", "street", "straat", "borough", "city", "wijk"),
        *("gemeente", "district", "zone", "area", "vak", "venue", "neighborhood", "neighbourhood", "buurt", "stad"),
        *("beat", "sector", "ward", "site", "crossstreet", "gate", "poort", "region", "block", "plek", "waar", "where"),
    ),
    "category": ("category", "categorie", "type", "soort", "kind", "aard", "class", "classification", "classificatie"),
}

NULLS = frozenset(("\\N", "NULL", "null", "N/A", "n/a", "#N/A", "NaN", "nan", "None", "none", "-", "--", "(null)"))
"""What stands for an empty cell in any column, as programs write it; a text that reads "none" is a text."""

MEANINGFUL_TEXT = frozenset(("None", "none"))

_UNSAID = """
    ? ?? ??? — – --- . .. ... / // n.v.t. nvt n.v.t n.b. nb n.n.b. nnb onbekend geen niet unknown unkn
    unk undefined unspecified undetermined na n.a. n.a none null nil void blank empty leeg inconnu inconnue
    néant aucun aucune s.o. n.d. n.c. unbekannt keine kein k.a. entfällt desconocido desconocida ninguno
    ninguna s/d n.s. sconosciuto sconosciuta nessuno nessuna desconhecido desconhecida nenhum nenhuma s/i
    nieznany nieznana nieznane brak b.d. неизвестно неизвестен нет н/д н.д. невідомо невідомий немає #ref!
    #value! #null! #name? #div/0!
"""
_UNSAID_PHRASES = (
    *("niet bekend", "not known", "not applicable", "niet van toepassing", "not available", "nicht bekannt"),
    *("non connu", "n. v. t.", "no data", "sin datos", "не известно"),
)
UNSAID = frozenset(map(str.casefold, (*NULLS, *_UNSAID.split(), *_UNSAID_PHRASES)))
"""What says nothing in a column of places, categories, units, states, times and coordinates, without capitals."""

LONGEST_UNSAID = max(map(len, UNSAID)) + 1

_PRIORITY_WORDS = {
    "urgent": """
        p1 prio1 priority1 a1 1 high hoog urgent spoed severe haute eleve elevee hoch dringend alta alto
        elevata wysoki wysoka pilne pilny высокий высокая срочно срочный високий терміново orange oranje
        codeoranje codeorange hoge priorite1 prioritat1 prioridad1 priorita1 prioridade1 priorytet1
        приоритет1 пріоритет1 grip1 urgente prioriteit1 cat1 category1
    """,
    "elevated": """
        p2 prio2 priority2 a2 2 medium middel elevated verhoogd moyenne moyen mittel media medio media
        średni sredni srednia средний средняя середній yellow geel gelb jaune codegeel codeyellow
        gemiddeld moderate matig priorite2 prioritat2 prioridad2 priorita2 prioridade2 priorytet2
        приоритет2 пріоритет2 prioriteit2
    """,
    "routine": """
        p3 prio3 priority3 b1 b2 b 3 p4 4 p5 5 low laag normal normaal routine minor faible basse
        niedrig baja bajo bassa basso baixa baixo niski niska normale normalny низкий низкая низький
        обычный green groen grun vert codegroen codegreen lage prio4 prio5 priority4 priority5
        prioriteit3 prioriteit4 priorite3 prioritat3 prioridad3 priorita3 prioridade3 priorytet3
        приоритет3 пріоритет3 grip0 c
    """,
    "emergency": """
        a0 p0 prio0 0 emergency noodgeval critical kritiek extreme kritisch critique critico critica
        krytyczny критический критичний red rood rot rouge coderood codered grip2 grip3 grip4 grip5
        griprijk nood notfall urgence emergencia emergenza zagrozenie
    """,
}
PRIORITY = {folded(word): code for code, words in _PRIORITY_WORDS.items() for word in words.split()}

_STATE_WORDS = {
    "open": """
        open opened new nieuw received ontvangen pending wachtend ouvert ouverte nouveau offen neu
        abierto abierta nuevo aperto aperta nuovo aberto aberta novo otwarty otwarte nowe nowy открыт
        открыто открыта новый новое відкрито відкритий нове unassigned
    """,
    "under_way": """
        active actief lopend loopt inbehandeling ongoing inprogress assigned dispatched enroute onscene
        underway encours laufend inbearbeitung encurso incorso emandamento emcurso wtoku вработе вроботі
        активно terplaatse onderweg inuitvoering bezig enproceso activo attivo ativo aktiv actif
    """,
    "closed": """
        closed resolved done finished completed complete cleared afgehandeld gesloten gereed afgerond
        klaar afgesloten ferme fermee clos close cloture termine terminee geschlossen erledigt
        abgeschlossen beendet cerrado cerrada resuelto terminado chiuso chiusa risolto concluso fechado
        fechada encerrado encerrada concluido concluida resolvido zamkniety zamkniete zakonczone
        zakonczony закрыт закрыто закрыта завершено завершен выполнено закрито виконано ended expired
        archived gearchiveerd
    """,
}
STATES = {folded(word): code for code, words in _STATE_WORDS.items() for word in words.split()}
