"""What is special about each kind of resource: what to complete before a write, what to react with after it."""

from collections.abc import Mapping

from spanco.sales.rules.items import numbered
from spanco.work import Binding

BINDINGS: Mapping[str, Binding] = {
    "sales.salesOpportunity": Binding(prepare=numbered),
}
