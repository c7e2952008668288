"""What can go wrong on the way out, by phase: before anything was sent, while talking, after the answer."""


class PeerError(Exception):
    """Another system could not be asked."""

    def __init__(self, peer: str, sentence: str = "") -> None:
        self.peer = peer
        self.sentence = sentence or (type(self).__doc__ or "").strip()
        # Only the host is kept: paths and queries of a peer's address may carry keys or names.
        super().__init__(f"{peer}: {self.sentence}")


class BadAddress(PeerError):
    """Before anything was sent: the address is none that this server goes to; use http or https and a plain host."""


class InnerAddress(PeerError):
    """Before anything was sent: the name leads to an address inside, which this server does not go to unless told."""


class PeerAway(PeerError):
    """While connecting or talking: no connection, no name, no trust, or it broke off."""


class PeerSlow(PeerError):
    """While connecting or talking: it took longer than this server waits."""


class PeerAnswer(PeerError):
    """After the answer began: it is not what the standard says, or larger than this server reads."""


class PeerRefused(PeerError):
    """After the answer: the peer says no. `status` is its HTTP status; a redirect counts as a no."""

    def __init__(self, peer: str, status: int) -> None:
        super().__init__(peer, f"It answered with status {status}.")
        self.status = status
