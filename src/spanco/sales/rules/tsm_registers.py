"""An entry of a register as tSM sees it: the same attributes, without what the server keeps of its former labels."""

from spanco.kernel.faces import Face
from spanco.kernel.wire import Document

_OURS = frozenset({"label", "labelVersion", "former", "@type"})
_UNKEPT = frozenset({"processingData"})


def shown(entry: Document) -> Document:
    """The entry as tSM sees it."""
    return {name: value for name, value in entry.items() if name not in _OURS}


def understood(face: Document, before: Document | None) -> Document:
    """The entry to keep for what tSM sends."""
    ours = {name: value for name, value in (before or {}).items() if name in _OURS}
    return {name: value for name, value in face.items() if name not in _OURS | _UNKEPT} | ours


ENTRY = Face(shown, understood, {}, unkept=_OURS | _UNKEPT)
"""An entry of a register of tSM over an entry of a register of ours."""
