"""JSON Merge Patch, RFC 7386 and 7396: objects are merged, null removes, everything else (arrays too) replaces."""

from spanco.kernel.wire import Document, Json


def merge(document: Document, change: Document) -> Document:
    """The document with the change merged in; neither is touched, the answer shares what did not change."""
    merged = dict(document)
    for name, value in change.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_value(merged.get(name), value)
    return merged


def merge_value(target: Json, change: Json) -> Json:
    """RFC 7386 section 2, for any two values."""
    if not isinstance(change, dict):
        return change
    return merge(target if isinstance(target, dict) else {}, change)
