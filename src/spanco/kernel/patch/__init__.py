"""What the three kinds of PATCH bodies do to a document: merge patch, JSON Patch, JSON Patch Query."""

from spanco.kernel.patch.comparison import changed_paths
from spanco.kernel.patch.json_patch import apply
from spanco.kernel.patch.merge_patch import merge
from spanco.kernel.patch.query_patch import apply_query

__all__ = ["apply", "apply_query", "changed_paths", "merge"]
