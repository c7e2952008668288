"""What the surface needs of the running system, handed to it by `app`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from spanco.access.actor import Actor
from spanco.events.hubs import Source
from spanco.events.live import Live
from spanco.events.topics import source as topic_source
from spanco.kernel.envelope import Teller
from spanco.kernel.faces import Face
from spanco.kernel.openapi import Api, Resource
from spanco.rest.lenses import Lens
from spanco.rest.request import Request
from spanco.transport import Courier
from spanco.work import AtWork, Cause, Means, Work

_REQUEST = Cause()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may ask for; hours that an Idempotency-Key is remembered."""

    page_default: int
    page_maximum: int
    body: int
    idempotency_hours: int


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """The served APIs and the doors behind them; `trace` asks for a log line per request."""

    apis: tuple[Api, ...]
    means: Means
    authenticate: Callable[[str | None], Awaitable[Actor]]
    limits: Limits
    courier: Courier
    live: Live
    public_url: str | None = None
    trace: bool = False
    faces: Mapping[str, Face] = field(default_factory=dict)

    def lens(self, resource: Resource) -> Lens:
        """How a resource is seen and written: through a face when its document says that another stands behind it."""
        if resource.behind is None:
            return Lens(resource, resource)
        return Lens(resource, self.means.resources[resource.behind.kind], self.faces[resource.kind])

    async def source(self, work: Work, resource: Resource, parent: str | None) -> Source:
        """What a new hub is told of: the events of its API; those of its topic when it is nested in one."""
        if parent is None:
            return Source(resource.kind.partition(".")[0])
        return await topic_source(work, self.apis, resource, parent, hold=True)

    def work(self, actor: Actor, request: Request) -> AtWork:
        """A unit of work for a request."""
        return self.means.work(actor, _REQUEST, request.correlation())


@dataclass(slots=True)
class Call:
    """A request that found its resource: which one, where, and who asks."""

    site: Site
    request: Request
    api: Api
    resource: Resource
    id: str | None
    parent: str | None
    actor: Actor
    lens: Lens

    def base(self) -> str:
        """The canonical URL of the collection with a trailing slash; an alias answers the same."""
        above = f"{self.resource.parent}/{self.parent}/" if self.resource.parent else ""
        return f"{self.root}{self.api.base_path}/{above}{self.resource.name}/"

    @property
    def root(self) -> str:
        """The address of this server as the client sees it."""
        return self.site.public_url or self.request.origin()

    def teller(self) -> Teller:
        """Tells events with links to this server as the client sees it."""
        return _teller(self.site.apis, self.root)


@lru_cache(maxsize=64)
def _teller(apis: tuple[Api, ...], root: str) -> Teller:
    return Teller(apis, root)
