"""What can be wrong with a request: one small tree that knows no HTTP status."""

from collections.abc import Mapping, Sequence


class Problem(Exception):
    """The request cannot be served as it is."""

    where: str = ""
    details: Mapping[str, object] = {}
    """What the answer says beside the sentence."""

    def __init__(self, sentence: str = "", *, where: str = "") -> None:
        super().__init__(sentence or (type(self).__doc__ or "").strip())
        self.where = where


class BadParameter(Problem):
    """A query parameter has a value that cannot be understood."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"Parameter '{name}': {sentence}", where=name)


class BadHeader(Problem):
    """A request header has a value that cannot be understood."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"Header '{name}': {sentence}", where=name)


class Malformed(Problem):
    """The body is not JSON as RFC 8259 defines it; send one UTF-8 encoded JSON value."""


class BadBody(Problem):
    """The body is JSON but not a document that this operation takes."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(f"'{path}': {sentence}" if path else sentence, where=path)


class BadPatch(Problem):
    """The patch is well formed but cannot be applied to the resource as it stands."""


class NotFound(Problem):
    """There is no such resource; check the id."""


class Moved(Problem):
    """The resource was merged into another one, which has its place now; read that one and repeat the request there."""

    def __init__(self, id_: str, to: str) -> None:
        super().__init__(f"'{id_}' was merged into '{to}', which has its place now; repeat the request there.")
        self.to = to


class AlreadyThere(Problem):
    """There is one with this name or code already; choose another, or change the one that is there."""

    def __init__(self, name: str, value: str) -> None:
        taken = f"There is one whose '{name}' is '{value[:100]}' already"
        super().__init__(f"{taken}; choose another, or change the one that is there.", where=name)


class TooLarge(Problem):
    """The body is larger than this server accepts."""


class TooCostly(Problem):
    """The query takes too long on this much data; narrow it with another filter or a smaller page."""


class Stale(Problem):
    """The resource has changed since the ETag that was sent; read it again and repeat."""


class Unchanged(Problem):
    """The resource still has the ETag that was sent."""


class RefusedMove(Problem):
    """The lifecycle does not allow this move."""

    def __init__(self, attribute: str, current: str, wanted: str, possible: Sequence[str]) -> None:
        moves = ", ".join(possible) if possible else "none, it is final"
        sentence = f"'{attribute}' cannot move from '{current}' to '{wanted}'. Possible from '{current}': {moves}."
        super().__init__(sentence, where=attribute)
        self.possible = tuple(possible)


class InFlight(Problem):
    """A request with this Idempotency-Key is still being served; repeat it in a moment."""


class KeyReused(Problem):
    """This Idempotency-Key was used before with another request; use a fresh key."""
