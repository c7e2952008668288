"""What goes wrong when somebody types a record again: slips, other spellings, swapped names, what is left out."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from anyascii import anyascii

from spanco.sales.rules.cleaning.nicknames import FORMAL
from tests.sales.records import DIGITS, FREE, LOCALES, MOBILE, Record, slug
from tests.sales.records import phone as phone_of

_FORMS = {
    "s.r.o.": "s. r. o.",
    "GmbH": "G.m.b.H.",
    "Ltd": "Ltd.",
    "Inc.": "Incorporated",
    "S.A.": "SA",
    "SARL": "S.A.R.L.",
}
_TITLES = ("Dr.", "Ing.", "Mr.", "Mrs.", "Mgr.", "Prof.")
_KEYBOARD = "qwertyuiop asdfghjkl zxcvbnm"


def _nicknames() -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, formal in FORMAL.items():
        groups.setdefault(formal, []).append(name)
    return groups


_GROUPS = _nicknames()


def _slip(text: str, chance: Random) -> str:
    """One slip of the finger."""
    if len(text) < 4:
        return text
    at = chance.randrange(1, len(text) - 1)
    other = chance.choice(_KEYBOARD.replace(" ", ""))
    return chance.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + text[at] + text[at:],
            text[:at] + other + text[at + 1 :],
        )
    )


Corruption = Callable[[Record, Random], Record]


def _given_slips(record: Record, chance: Random) -> Record:
    return replace(record, given=_slip(record.given, chance))


def _family_slips(record: Record, chance: Random) -> Record:
    return replace(record, family=_slip(record.family, chance))


def _nicknamed(record: Record, chance: Random) -> Record:
    """Another name of the group, where there is one."""
    group = _GROUPS.get(FORMAL.get(slug(record.given), ""), [])
    return replace(record, given=chance.choice(group).title()) if group else record


def _initial(record: Record, _: Random) -> Record:
    return replace(record, given=f"{record.given[:1]}.") if record.given else record


def _order(record: Record, chance: Random) -> Record:
    """Family name first, with or without a comma, or in capitals; a title before it."""
    given, family = record.given, record.family
    if not given or not family:
        return record
    title = chance.choice(_TITLES)
    styles = (f"{family}, {given}", f"{family} {given}", f"{given} {family.upper()}", f"{title} {given} {family}")
    return replace(record, name=chance.choice(styles))


def _no_person(record: Record, _: Random) -> Record:
    return replace(record, given="", family="", name="")


def _no_given(record: Record, _: Random) -> Record:
    return replace(record, given="")


def _no_email(record: Record, _: Random) -> Record:
    return replace(record, email="")


def _no_phone(record: Record, _: Random) -> Record:
    return replace(record, phone="")


def _no_company(record: Record, _: Random) -> Record:
    return replace(record, company="", form="") if record.family else record


def _no_address(record: Record, _: Random) -> Record:
    return replace(record, street="", postcode="", city="")


def _no_postcode(record: Record, _: Random) -> Record:
    return replace(record, postcode="")


def _moved_mail(record: Record, chance: Random) -> Record:
    """The same mailbox name at another domain, or a private address."""
    local, _, domain = record.email.partition("@")
    fresh = chance.choice([each for each in FREE if each != domain])
    return replace(record, email=f"{local}@{fresh}") if local and record.family else record


def _mail_slips(record: Record, chance: Random) -> Record:
    return replace(record, email=_slip(record.email, chance))


def _mail_spelling(record: Record, chance: Random) -> Record:
    local, at, domain = record.email.partition("@")
    spelled = (f"{local}+leads@{domain}", record.email.upper(), f" {record.email} ", f"<{record.email}>")
    return replace(record, email=chance.choice(spelled)) if at else record


def _phone_spelling(record: Record, chance: Random) -> Record:
    """As people of that country write it, or others."""
    prefix = next((each for each in sorted(DIGITS, key=len, reverse=True) if record.phone.startswith(each)), "")
    own = record.phone[len(prefix) :]
    if not prefix:
        return record
    zero = "0" if prefix in {"+49", "+44", "+33"} else ""
    grouped = " ".join((own[:3], own[3:6], own[6:]))
    styles = (
        f"{zero}{own}",
        f"00{prefix[1:]} {grouped}",
        f"{prefix} ({zero}){grouped}",
        f"{prefix}-{own[:3]}-{own[3:]}",
    )
    return replace(record, phone=chance.choice(styles))


def _other_phone(record: Record, chance: Random) -> Record:
    prefix = next(prefix for code, prefix, _ in LOCALES.values() if code == record.country)
    return replace(record, phone=phone_of(prefix, MOBILE, chance))


def _phone_slips(record: Record, chance: Random) -> Record:
    at = chance.randrange(5, 9)
    if len(record.phone) <= at:
        return record
    return replace(record, phone=record.phone[:at] + str(chance.randrange(10)) + record.phone[at + 1 :])


def _form(record: Record, _: Random) -> Record:
    return replace(record, form=_FORMS.get(record.form, ""))


def _company_order(record: Record, chance: Random) -> Record:
    words = record.company.split()
    chance.shuffle(words)
    return replace(record, company=" ".join(words))


def _company_slips(record: Record, chance: Random) -> Record:
    return replace(record, company=_slip(record.company, chance))


def _company_shouts(record: Record, _: Random) -> Record:
    return replace(record, company=record.company.upper())


def _plain_letters(record: Record, chance: Random) -> Record:
    """Without accents, or with umlauts written out."""
    umlauts = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
    expand = chance.random() < 0.5

    def plain(text: str) -> str:
        return anyascii(text.translate(umlauts) if expand else text)

    return replace(
        record,
        given=plain(record.given),
        family=plain(record.family),
        name=plain(record.name),
        company=plain(record.company),
        street=plain(record.street),
        city=plain(record.city),
    )


def _street(record: Record, chance: Random) -> Record:
    """Written short, or with a slip."""
    short = (
        record.street.replace("straße", "str.").replace("Street", "St").replace("Avenue", "Ave").replace("Road", "Rd")
    )
    return replace(record, street=short if short != record.street else _slip(record.street, chance))


def _no_number(record: Record, _: Random) -> Record:
    return replace(record, registration="")


_TABLE: tuple[tuple[Corruption, int], ...] = (
    *(
        (_given_slips, 5),
        (_family_slips, 6),
        (_nicknamed, 6),
        (_initial, 3),
        (_order, 8),
        (_no_person, 2),
        (_no_given, 1),
    ),
    *((_no_email, 7), (_no_phone, 7), (_no_company, 4), (_no_address, 8), (_no_postcode, 3), (_no_number, 4)),
    *(
        (_moved_mail, 4),
        (_mail_slips, 3),
        (_mail_spelling, 5),
        (_phone_spelling, 9),
        (_other_phone, 3),
        (_phone_slips, 2),
    ),
    *((_form, 5), (_company_order, 2), (_company_slips, 4), (_company_shouts, 3), (_plain_letters, 7), (_street, 5)),
)
CORRUPTIONS = tuple(change for change, _ in _TABLE)
WEIGHTS = tuple(weight for _, weight in _TABLE)
