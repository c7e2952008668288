"""How people call the columns of their files and the stages of their funnels, in the languages of our customers."""

from collections.abc import Mapping

from spanco.sales.rules.states import ACCEPTED, ACKNOWLEDGED, CANCELLED, IN_PROGRESS, PENDING, REJECTED

KEY = (
    "id", "identifier", "key", "number", "no", "nr", "num", "uuid", "guid", "record id", "external id", "reference",
    "ref", "code", "nummer", "kennung", "numero", "identifiant", "cislo", "kod", "numer", "azonosito",
)  # fmt: skip

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "title", "subject", "topic", "headline", "titel", "betreff", "thema", "titre", "objet", "sujet",
             "titulo", "asunto", "nazev", "nazov", "predmet", "nazwa", "temat", "nome", "oggetto", "targy"),
    "description": ("description", "details", "summary", "beschreibung", "beschrijving", "descripcion", "descricao",
                    "descrizione", "popis", "opis", "leiras", "request", "inquiry", "enquiry", "anfrage", "wish"),
    "type": ("type", "kind", "class", "typ", "art", "genre", "tipo", "druh", "rodzaj", "tipus", "origin", "herkunft"),
    "rating": ("rating", "temperature", "grade", "rank", "bewertung", "note moyenne", "calificacion", "hodnoceni",
               "ocena", "valutazione"),
    "priority": ("priority", "urgency", "prioritat", "dringlichkeit", "priorite", "urgence", "prioridad", "priorita",
                 "priorytet", "prioritas"),
    "channel": ("source", "channel", "medium", "origin", "acquisition", "utm source", "quelle", "kanal", "herkunft",
                "canal", "origine", "fuente", "origen", "zdroj", "puvod", "zrodlo", "fonte", "forras"),
    "segment": ("segment", "market", "market segment", "marktsegment", "segmento", "trh", "rynek"),
    "campaign": ("campaign", "utm campaign", "kampagne", "campagne", "campana", "kampan", "kampania", "campagna"),
    "product": ("product", "offering", "offer", "item", "article", "sku", "plan", "package", "tariff", "produkt",
                "angebot", "artikel", "produit", "offre", "producto", "produto", "prodotto", "vyrobek", "termek"),
    "category": ("category", "industry", "sector", "branch", "vertical", "field", "specialization", "specialisation",
                 "interest", "kategorie", "branche", "secteur", "categorie", "industria", "categoria", "obor",
                 "odvetvi", "branza", "agazat"),
    "value": ("value", "amount", "revenue", "price", "budget", "deal size", "deal value", "close value",
              "expected revenue", "estimated revenue", "annual revenue", "wert", "betrag", "umsatz", "preis", "summe",
              "montant", "valeur", "prix", "chiffre d affaires", "importe", "valor", "precio", "castka", "hodnota",
              "cena", "obrat", "kwota", "wartosc", "importo", "valore", "osszeg"),
    "currency": ("currency", "currency code", "wahrung", "devise", "moneda", "moeda", "mena", "waluta", "valuta",
                 "penznem"),
    "email": ("email", "e mail", "mail", "email address", "mailadresse", "courriel", "correo", "correo electronico",
              "posta elettronica"),
    "phone": ("phone", "telephone", "tel", "mobile", "cell", "phone number", "telefon", "handy", "mobil", "rufnummer",
              "portable", "telefono", "movil", "telefone", "komorka", "cellulare"),
    "street": ("street", "address", "street address", "address line 1", "strasse", "adresse", "anschrift", "rue",
               "calle", "direccion", "ulice", "adresa", "ulica", "adres", "via", "indirizzo", "utca", "cim"),
    "postcode": ("zip", "zip code", "postal code", "postcode", "plz", "postleitzahl", "code postal", "codigo postal",
                 "psc", "kod pocztowy", "cap", "iranyitoszam"),
    "city": ("city", "town", "place", "locality", "ort", "stadt", "ville", "commune", "ciudad", "cidade", "mesto",
             "obec", "miasto", "citta", "varos"),
    "region": ("region", "province", "county", "bundesland", "departement", "provincia", "kraj", "wojewodztwo",
               "regione", "megye"),
    "country": ("country", "country code", "nation", "land", "staat", "pays", "pais", "zeme", "stat", "krajina",
                "paese", "orszag"),
    "customer": ("account", "company", "customer", "organisation", "organization", "client", "business", "firm",
                 "account name", "company name", "firma", "kunde", "unternehmen", "entreprise", "societe", "empresa",
                 "cliente", "zakaznik", "spolecnost", "klient", "azienda", "ceg"),
    "contact": ("contact", "contact name", "contact person", "full name", "person", "ansprechpartner",
                "kontaktperson", "interlocuteur", "contacto", "kontakt", "kontaktni osoba"),
    "first": ("first name", "given name", "forename", "vorname", "prenom", "jmeno", "krestni jmeno", "imie",
              "keresztnev"),
    "last": ("last name", "surname", "family name", "nachname", "familienname", "nom de famille", "apellido",
             "prijmeni", "nazwisko", "cognome", "vezeteknev"),
    "agent": ("agent", "sales agent", "owner", "seller", "sales rep", "rep", "representative", "salesperson",
              "account manager", "assigned to", "assignee", "verkaufer", "vertrieb", "zustandig", "vendeur",
              "commercial", "vendedor", "comercial", "obchodnik", "prodejce", "handlowiec", "venditore"),
    "note": ("note", "notes", "comment", "comments", "remark", "remarks", "tags", "notiz", "bemerkung", "kommentar",
             "anmerkung", "remarque", "commentaire", "nota", "comentario", "poznamka", "uwagi", "komentarz"),
    "state": ("stage", "status", "state", "phase", "converted", "outcome", "result", "disposition", "etape", "statut",
              "etat", "fase", "etapa", "estado", "stav", "faze", "etap", "stan", "stato", "ergebnis", "allapot"),
    "created": ("created", "creation date", "created at", "created on", "create date", "date", "opened", "open date",
                "received", "entered", "engage date", "engaged", "contact date", "start date", "start", "timestamp",
                "angelegt", "erstellt", "erstellt am", "eingang", "datum", "cree le", "date de creation", "ouvert",
                "fecha", "fecha de creacion", "vytvoreno", "datum vytvoreni", "zalozeno", "utworzono", "creato"),
    "changed": ("close date", "closed", "closed at", "closed on", "closing date", "won date", "decision date",
                "end date", "finished", "converted date", "changed", "modified", "updated", "last modified",
                "abgeschlossen", "abschluss", "geandert", "cloture", "date de cloture", "modifie", "cierre",
                "fecha de cierre", "uzavreno", "datum uzavreni", "zmeneno", "zamknieto", "chiuso"),
}  # fmt: skip
"""By what a column may hold: what people call it, in lower case and without accents."""

STAGES: Mapping[str, tuple[str, ...]] = {
    ACCEPTED: ("won", "closed won", "converted", "accepted", "successful", "customer", "sold", "signed", "ordered",
               "gewonnen", "konvertiert", "erfolgreich", "gagne", "converti", "accepte", "ganado", "ganada",
               "convertido", "vyhrano", "ziskano", "prijato", "wygrane", "wygrany", "vinto", "megnyert", "accepted"),
    REJECTED: ("lost", "closed lost", "rejected", "refused", "disqualified", "unqualified", "unsuccessful", "junk",
               "dead", "declined", "verloren", "abgelehnt", "disqualifiziert", "perdu", "refuse", "perdido",
               "perdida", "rechazado", "prohrano", "zamitnuto", "odmitnuto", "przegrane", "odrzucony", "perso",
               "elveszett", "rejected"),
    CANCELLED: ("cancelled", "canceled", "withdrawn", "abandoned", "duplicate", "storniert", "abgebrochen", "annule",
                "abandonne", "cancelado", "zruseno", "anulowane", "annullato", "cancelled"),
    PENDING: ("pending", "on hold", "hold", "later", "nurture", "nurturing", "postponed", "recycled", "waiting",
              "zuruckgestellt", "wartend", "spater", "en attente", "plus tard", "pendiente", "pozdeji", "odlozeno",
              "ceka", "wstrzymane", "in attesa", "pending"),
    IN_PROGRESS: ("in progress", "inprogress", "working", "contacted", "engaged", "engaging", "engagement",
                  "qualified", "qualification", "qualifying", "negotiation", "negotiating", "proposal", "quote",
                  "quoted", "presentation", "demo", "developing", "active", "approach", "follow up", "needs analysis",
                  "in bearbeitung", "kontaktiert", "qualifiziert", "verhandlung", "angebot", "en cours", "contacte",
                  "qualifie", "negociation", "en proceso", "contactado", "negociacion", "v reseni", "rozpracovano",
                  "osloveno", "jednani", "nabidka", "w toku", "kontakt", "negocjacje", "in corso", "folyamatban"),
    ACKNOWLEDGED: ("new", "open", "prospect", "prospecting", "suspect", "lead", "unassigned", "raw", "not contacted",
                   "not started", "acknowledged", "backlog", "target", "neu", "offen", "nouveau", "nouvelle",
                   "ouvert", "nuevo", "nueva", "abierto", "novy", "nove", "otevreno", "nowy", "nowe", "nuovo",
                   "aperto", "uj"),
}  # fmt: skip
"""By the state that a stage means: what people call it, in lower case and without accents."""

YES = ("yes", "true", "1", "y", "ja", "j", "oui", "si", "sim", "ano", "tak", "igen", "x")
NO = ("no", "false", "0", "n", "nein", "non", "nao", "ne", "nie", "nem")

NOTHING = frozenset({
    "-", "--", "---", "?", ".", "n/a", "na", "#n/a", "null", "nil", "none", "(none)", "nan", "select", "please select",
    "choose", "not specified", "not set", "unknown", "undefined", "bitte wahlen", "keine angabe", "k. a.", "k.a.",
    "unbekannt", "inconnu", "non renseigne", "choisir", "seleccionar", "desconocido", "neuvedeno", "neznamy", "vyberte",
    "brak", "nieznany", "wybierz", "sconosciuto",
})  # fmt: skip
"""What stands in a cell of which nothing is known, in lower case and without accents."""

OF_THE_RECORD = frozenset(
    {"lead", "opportunity", "deal", "prospect", "record", "verkaufschance", "piste", "prilezitost"}
)
"""What a column name may say of the record itself: `Lead Source` is its source."""
