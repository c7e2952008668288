"""Why a subscription, a topic or a stream is refused."""

from spanco.kernel.errors import Problem


class BuiltIn(Problem):
    """This is the topic of a served API; it is there as long as the API is served and cannot be deleted."""


class TooManyStreams(Problem):
    """As many clients follow the events as this server serves at a time; try again in a moment."""
