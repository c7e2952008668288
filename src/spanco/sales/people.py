"""What is special about orders that concern people: contact preferences, retention, erasure, access."""

from collections.abc import Mapping

from spanco.sales.actions import contacting, privacy
from spanco.work import Attachment, Binding

PEOPLE: Mapping[str, Binding] = {
    "spanco.contactPreference": Binding(perform=contacting.note_preference),
    "spanco.contactCheck": Binding(perform=contacting.check_contact),
    "spanco.retentionRule": Binding(admit=privacy.check_rule),
    "spanco.retentionPreview": Binding(perform=privacy.preview),
    "spanco.erasure": Binding(perform=privacy.order),
    "spanco.accessExport": Binding(
        perform=privacy.order, react=privacy.drop_lines, beside={"content": Attachment(give=privacy.content)}
    ),
}
