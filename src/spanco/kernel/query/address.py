"""What `id` and `href` of the resource itself mean in a condition: both answer to the id alone (design D2).

Neither is stored in the document, and `href` follows a changed base path. So equality with an href asks for its last
segment, and nothing else can be asked of it.
"""

from typing import assert_never

from spanco.kernel.errors import BadParameter
from spanco.kernel.query.ast import (
    NOTHING,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Element,
    Exists,
    Like,
    Measure,
    Not,
    Op,
    all_of,
    any_of,
)

ID = "id"
HREF = "href"


def resolve(condition: Condition) -> Condition:
    """The condition on a resource without mention of its `href`, and with `Element(())` taken off the resource.

    Raises `BadParameter` when more than equality is asked of `href`.
    """
    match condition:
        case AllOf(parts):
            return all_of([resolve(part) for part in parts])
        case AnyOf(parts):
            return any_of([resolve(part) for part in parts])
        case Not(part):
            return Not(resolve(part))
        case Element((), inner):
            return resolve(inner)
        case Compare((first, *rest), op, value) if first == HREF:
            if op is not Op.EQ:
                raise _refusal()
            last = value.rsplit("/", 1)[-1] if isinstance(value, str) and not rest else None
            return NOTHING if last is None else Compare((ID,), Op.EQ, last)
        case Exists((first, *rest)) if first == HREF:
            return Exists((ID, *rest))
        case Like((first, *_)) | Element((first, *_)) | Measure(_, (first, *_)) if first == HREF:
            raise _refusal()
        case Compare() | Like() | Exists() | Element() | Measure():
            return condition
        case _:
            assert_never(condition)


def _refusal() -> BadParameter:
    return BadParameter(HREF, "Only equality can be asked of href.")
