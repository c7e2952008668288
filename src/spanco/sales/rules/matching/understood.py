"""What cleaning understood of a document, in the shape in which it is kept beside what was typed."""

from spanco.kernel.wire import Document
from spanco.sales.rules.matching.evidence import Evidence


def understood(evidence: Evidence) -> Document:
    """The evidence as an attribute; empty when there is none."""
    lists: dict[str, tuple[str, ...]] = {
        "email": tuple(each.address for each in evidence.emails),
        "phone": evidence.phones,
        "domain": evidence.domains,
        "registration": evidence.registrations,
    }
    found: Document = {name: list(values) for name, values in lists.items() if values}
    if evidence.companies:
        found["company"] = evidence.company_names[0]
        found["companyKey"] = evidence.companies[0].key
    if evidence.persons:
        found["personKey"] = evidence.persons[0].key
    if evidence.country:
        found["country"] = evidence.country
    return found
