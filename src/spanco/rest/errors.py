"""What is wrong with a request before any resource is looked at: path, method, media types."""

from collections.abc import Iterable, Mapping

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


class TooOften(Problem):
    """There are too many requests at once; wait for as long as Retry-After says."""

    def __init__(self, seconds: int) -> None:
        self.retry_after = seconds
        super().__init__()


class OtherSite(Problem):
    """This form does not take posts from that site; its operator names the sites that may embed it."""


class Closed(Problem):
    """This takes nothing at present."""


class BadAnswers(Problem):
    """Some answers are not as the form wants them; the list of faults says which."""

    def __init__(self, faults: Mapping[str, str], typed: Mapping[str, str]) -> None:
        self.faults, self.typed = faults, typed
        super().__init__()


class BadKey(Problem):
    """A capture key that is not revoked is needed; send it in the header 'X-Capture-Key'."""
