"""What can go wrong between us and the database."""

from spanco.kernel.errors import Problem


class DatabaseAway(Problem):
    """The database cannot be reached at the moment; nothing was changed, try again shortly."""


class Conflict(Problem):
    """Another request changed the same resource at the same moment; repeat the request."""
