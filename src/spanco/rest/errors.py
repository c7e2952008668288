"""What is wrong with a request before any resource is looked at: path, method, media types."""

from collections.abc import Iterable

from spanco.kernel.errors import Problem


class NoSuchPath(Problem):
    """Nothing is served at this path; GET the base path of the API for what there is."""


class MethodNotAllowed(Problem):
    """This method is not offered here."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allow = ", ".join(sorted(allowed))
        super().__init__(f"This method is not offered here; use one of: {self.allow}.")


class UnsupportedMedia(Problem):
    """The media type of the body is not understood."""

    def __init__(self, accepted: Iterable[str], reason: str = "The media type of the body is not understood") -> None:
        self.accept = ", ".join(accepted)
        super().__init__(f"{reason}; send one of: {self.accept}.")


class NotAcceptable(Problem):
    """Only application/json can be answered; accept it."""


class Disconnected(Problem):
    """The client went away before its request was complete."""


class BadRequestLine(Problem):
    """The request is not valid HTTP; check the request line, the headers and the transfer encoding."""
