"""Which faces the resources of selling have: the kind that is seen → how it is made of what is kept."""

from collections.abc import Mapping

from spanco.kernel.faces import Face
from spanco.sales.rules.tsm import LEAD
from spanco.sales.rules.tsm_registers import ENTRY

FACES: Mapping[str, Face] = {
    "tsm.lead": LEAD,
    "tsm.leadType": ENTRY,
    "tsm.leadRating": ENTRY,
    "tsm.leadSource": ENTRY,
}
