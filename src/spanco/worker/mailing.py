"""Looks into the mailbox of the settings now and then, and keeps what is new; whoever processes makes leads of it."""

from dataclasses import dataclass, field

import structlog

from spanco.sales.actions.capture import Counter
from spanco.sales.actions.correspondence import keep_mail
from spanco.transport.errors import PeerAway
from spanco.transport.mailbox import Mailbox

_PAUSE = 30.0
_AT_ONCE = 50
_log = structlog.get_logger("spanco.capture")


@dataclass(slots=True, eq=False)
class Postman:
    """One mailbox whose mails belong to one tenant and one source. Several side by side keep each mail once."""

    mailbox: Mailbox
    counter: Counter
    tenant: str
    source: str
    _away: bool = field(default=False)

    async def step(self) -> float:
        """Take what is new; how many seconds to wait until the next look."""
        try:
            count = await self.mailbox.take(self._keep, _AT_ONCE)
        except PeerAway as error:
            if not self._away:
                _log.warning("mailbox away", host=error.peer, reason=error.sentence)
            self._away = True
            return _PAUSE
        self._away = False
        return 0.0 if count == _AT_ONCE else _PAUSE

    async def _keep(self, raw: bytes) -> None:
        await keep_mail(self.counter, self.tenant, raw, self.source)
