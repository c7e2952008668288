"""A form as operators make it, for the tests of capture points."""

from typing import Any

from spanco.sales.rules.forms import Form, read_form


def labels(**texts: str) -> Any:
    """One text in some languages."""
    return [{"language": language, "text": text} for language, text in texts.items()]


def form_body(**others: Any) -> dict[str, Any]:
    """What an operator sends: six questions and two texts to agree to."""
    return {
        "name": "Fibre: contact",
        "title": labels(en="Fibre for you", de="Glasfaser für Sie"),
        "introduction": labels(en="Tell us what you need."),
        "field": [
            {"name": "company", "type": "text", "label": labels(en="Company", de="Firma"), "target": "companyName"},
            {"name": "person", "type": "text", "label": labels(en="Your name"), "target": "contactName"},
            {"name": "email", "type": "email", "label": labels(en="E-mail"), "required": True, "target": "email"},
            {
                "name": "phone",
                "type": "tel",
                "label": labels(en="Phone"),
                "hint": labels(en="With the area code."),
                "target": "phone",
            },
            {
                "name": "product",
                "type": "select",
                "label": labels(en="About"),
                "option": [
                    {"value": "fibre", "label": labels(en="Fibre", de="Glasfaser")},
                    {"value": "sdwan", "label": labels(en="SD-WAN")},
                ],
            },
            {"name": "wish", "type": "textarea", "label": labels(en="Wish"), "maxLength": 300, "target": "description"},
            {"name": "page", "type": "hidden", "label": labels(en="Page"), "value": "landing-7"},
        ],
        "consent": [
            {"code": "privacy", "version": "1", "purpose": "contact", "required": True, "text": labels(en="I agree.")},
            {
                "code": "news",
                "version": "2",
                "purpose": "marketing",
                "channel": "email",
                "text": labels(en="Send me news.", de="Schicken Sie mir Neues."),
            },
        ],
        "source": "webForm",
        "campaign": {"id": "cmp-17", "name": "Fibre"},
        "channel": {"id": "web", "name": "Web"},
        "costReference": "po-7",
        "owner": {"id": "ind-17", "name": "Mirela"},
        "allowedOrigin": ["https://www.example.com"],
        **others,
    }


def form(**others: Any) -> Form:
    """The same as the rules read it."""
    return read_form("f-1", 3, form_body(status="active", **others))


GOOD = {"company": "Hafen GmbH", "email": "jana@example.com", "wish": "Ten depots", "consent.privacy": "on"}
"""What somebody posts."""
