"""Plugs everything together: settings become a running system, a running system becomes an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import structlog

from spanco import apis, clock, telemetry
from spanco.access.actor import ANONYMOUS, Actor
from spanco.access.claims import Trust
from spanco.access.errors import Unauthenticated
from spanco.access.policy import Policy
from spanco.access.policy import load as load_policy
from spanco.access.tokens import Verifier
from spanco.events.audience import Ways
from spanco.events.bindings import EVENT_BINDINGS
from spanco.events.live import Live
from spanco.events.rules.listening import OPERATIONS
from spanco.kernel.cloudevent import Producer
from spanco.kernel.envelope import Teller
from spanco.kernel.openapi import Api, BadDocument, Resource, load
from spanco.rest.pages import Pages
from spanco.rest.protocol import ENDING
from spanco.rest.request import Receive, Scope
from spanco.rest.responses import Send
from spanco.rest.routes import Surface
from spanco.rest.site import Limits, Site
from spanco.sales.actions.capture import Counter
from spanco.sales.actions.desk import Desk
from spanco.sales.actions.keeping_keys import with_keys
from spanco.sales.actions.processing import Kinds
from spanco.sales.bindings import BINDINGS
from spanco.sales.faces import FACES
from spanco.sales.rules.mails import MOST_BYTES
from spanco.settings import Settings, is_loopback
from spanco.store.database import Database
from spanco.store.documents import prepare
from spanco.store.embedded import embedded
from spanco.store.errors import DatabaseAway
from spanco.store.keeping import prepare_months
from spanco.store.migrate import migrate
from spanco.transport import Courier, Transport, guard_of
from spanco.transport.broker import Broker
from spanco.transport.mailbox import Mailbox
from spanco.work import AtWork, Binding, Cause, Means
from spanco.worker.capturing import Capturing
from spanco.worker.jobs import Jobs
from spanco.worker.keeping import Keeping, Retention
from spanco.worker.mailing import Postman
from spanco.worker.publishing import Publisher
from spanco.worker.running import Worker
from spanco.worker.sending import Sender
from spanco.worker.serving import Station

_log = structlog.get_logger("spanco.app")
_ATTEMPTS = 15
_BINDINGS = {**BINDINGS, **EVENT_BINDINGS}


@cache
def _bindings(served: tuple[Api, ...]) -> Mapping[str, Binding]:
    """What is special about the kinds that are served."""
    return with_keys(_BINDINGS, served)


def _countries(settings: Settings) -> Mapping[str, str]:
    """Where tenants are at home; the one without a name stands for all others."""
    pairs = (each.partition("=") for each in settings.countries.split(",") if each)
    return {"": settings.country, **{tenant: country for tenant, _, country in pairs}}


class BadApiFile(Exception):
    """A file given with --api cannot be served."""


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """The system while it runs."""

    settings: Settings
    apis: tuple[Api, ...]
    database: Database
    policy: Policy
    courier: Courier
    broker: Broker | None = None
    actor: Actor = ANONYMOUS

    def resource(self, api: str, name: str) -> Resource:
        """A resource by the key of its API and its path, e.g. `("sales", "salesLead")`."""
        return next(each for each in self.apis if each.key == api).resources[name]

    def work(self, actor: Actor, cause: Cause | None = None) -> AtWork:
        """A unit of work outside of any request."""
        return self.means.work(actor, cause or Cause())

    @property
    def means(self) -> Means:
        """What every unit of work works with."""
        resources = {each.kind: each for api in self.apis for each in api.resources.values()}
        settings = self.settings
        return Means(
            self.database,
            self.policy,
            _bindings(self.apis),
            settings.document_limit,
            resources,
            settings.unmerge_days,
            self.root,
            settings.capture_secret,
            _countries(settings),
            settings.import_limit,
            settings.file_days,
        )

    @property
    def root(self) -> str:
        """The public address that links in events begin with."""
        given = self.settings.public_url or f"http://{self.settings.host}:{self.settings.port}"
        return given.rstrip("/")

    @property
    def ways(self) -> Ways:
        """How events are judged and told."""
        return Ways(self.policy, Teller(self.apis, self.root))

    async def ready(self) -> bool:
        """Whether the database answers."""
        try:
            async with self.database.connected() as connection:
                return bool(await connection.fetchval("select true"))
        except DatabaseAway:
            return False


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """Start everything: the database (embedded when none is configured), its schema, the APIs; and stop it cleanly."""
    served = served_apis(settings.api)
    async with AsyncExitStack() as stack:
        url = settings.database_url or stack.enter_context(embedded(settings.data_dir))
        opened = Database.opened(url, size=settings.pool_size, timeout_ms=settings.statement_timeout_ms)
        database = await stack.enter_async_context(opened)
        await _made_ready(database, served)
        networks = [str(network) for network in settings.callback_networks]
        guard = guard_of(networks, loopback=settings.auth == "none" and is_loopback(settings.host))
        courier = Courier(guard, seconds=settings.callback_seconds)
        stack.push_async_callback(courier.aclose)
        broker = Broker(settings.nats_url) if settings.nats_url else None
        if broker:
            stack.push_async_callback(broker.aclose)
        yield Running(settings, served, database, load_policy(settings.policy_file), courier, broker)


async def _made_ready(database: Database, served: tuple[Api, ...]) -> None:
    """Migrate and make the partitions; a database that is only just starting is waited for."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            for step in await migrate(database):
                _log.info("migrated", step=step)
            async with database.connected() as connection:
                await prepare(
                    connection, [each for api in served for each in api.resources.values() if not each.behind]
                )
                await prepare_months(connection, clock.now())
        except DatabaseAway:
            if attempt == _ATTEMPTS:
                raise
            _log.warning("database not reachable yet", attempt=attempt, of=_ATTEMPTS)
            await asyncio.sleep(1)
        else:
            return


def served_apis(given: tuple[Path, ...]) -> tuple[Api, ...]:
    """Our own APIs, then those of the given files. A file for a base path that is taken is left aside, and said so."""
    overlays = list(apis.overlays().values())
    served = [load(document) for document in apis.own()]
    taken = {path for api in served for path in (api.base_path, *api.aliases)}
    for file in given:
        try:
            api = load(apis.parsed(file.read_text(encoding="utf-8")), overlays)
        except (OSError, ValueError, BadDocument) as error:
            sentence = f"{file} cannot be served. {error}"
            raise BadApiFile(sentence) from error
        if api.base_path in taken:
            _log.warning("base path already served", file=file.name, base_path=api.base_path)
            continue
        taken.add(api.base_path)
        served.append(api)
    return tuple(served)


class Application:
    """The ASGI application: starts the system with the server and stops it with the server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._surface: Surface | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the start and the end of the server."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._surface:
            await self._surface(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            system = await self._stack.enter_async_context(running(self._settings))
            self._surface = await surface(system, self._stack)
            scope["state"][ENDING] = self._surface.end
        except Exception as error:  # noqa: BLE001 - whatever it is, the operator reads a sentence
            _log.error("cannot start", reason=str(error) or type(error).__doc__)
            await self._stack.aclose()
            await send({"type": "lifespan.startup.failed", "message": ""})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})


async def surface(system: Running, stack: AsyncExitStack) -> Surface:
    """The surface of a running system; `stack` closes what it opens."""
    settings = system.settings
    authenticate = await _authenticator(settings, system.policy, stack)
    limits = Limits(settings.page_default, settings.page_maximum, settings.body_limit, settings.idempotency_hours)
    public_url = settings.public_url.rstrip("/") if settings.public_url else None
    trace = settings.log_requests
    live = Live(system.database, system.ways, settings.streams)
    site = Site(
        system.apis, system.means, authenticate, limits, system.courier, live, public_url, trace=trace, faces=FACES
    )
    return Surface(site, Pages(site, system.ready))


async def _authenticator(
    settings: Settings, policy: Policy, stack: AsyncExitStack
) -> Callable[[str | None], Awaitable[Actor]]:
    if settings.auth == "none":

        async def anyone(_header: str | None) -> Actor:
            return ANONYMOUS

        return anyone
    transport = Transport()
    stack.push_async_callback(transport.aclose)
    verifier = _verifier(settings, policy, transport)
    stack.push_async_callback(verifier.aclose)

    async def by_token(header: str | None) -> Actor:
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated
        return await verifier.actor(token.strip(), clock.now())

    return by_token


def _verifier(settings: Settings, policy: Policy, transport: Transport) -> Verifier:
    trust = Trust(
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        jwks_url=settings.jwt_jwks_url,
        role_claim=settings.jwt_role_claim,
        tenant_claim=settings.jwt_tenant_claim,
        default_tenant=settings.jwt_default_tenant,
    )
    return Verifier(trust, transport, policy.roles)


def worker(system: Running) -> Worker:
    """A worker of a running system."""
    settings = system.settings
    means = replace(system.means, policy=Policy())  # it acts for the house, whatever the table says of others
    hubs = {each.kind: each for api in system.apis for each in api.resources.values() if each.is_hub}
    ways = system.ways
    sender = Sender(system.courier, ways.teller, settings.callback_seconds)
    name = settings.worker_name or clock.new_id()
    station = Station(name, means, hubs, sender, timedelta(seconds=2 * settings.callback_seconds))
    retention = Retention(timedelta(days=settings.event_days), timedelta(days=settings.delivery_days))
    keeping = Keeping(system.database, retention)
    publisher = None
    if system.broker:
        publisher = Publisher(system.database, Producer(ways.teller), system.broker, name)
    capturing = Capturing(means, captured_kinds(system), timedelta(days=settings.capture_days))
    jobs = Jobs(Desk(system.means, timedelta(days=settings.file_days)))
    replays = system.resource(OPERATIONS, "replay")
    return Worker(station, ways, keeping, replays, publisher, capturing, _postman(system), jobs)


def _postman(system: Running) -> Postman | None:
    settings = system.settings
    if not settings.mail_url:
        return None
    mailbox = Mailbox(settings.mail_url, limit=MOST_BYTES)
    return Postman(mailbox, Counter(system.database), settings.mail_tenant, settings.mail_source)


def captured_kinds(system: Running) -> Kinds:
    """The resources that submissions are about."""
    lead, form, key = (("sales", "salesLead"), (OPERATIONS, "form"), (OPERATIONS, "captureKey"))
    return Kinds(system.resource(*lead), system.resource(*form), system.resource(*key))


def create() -> Application:
    """The application for a server process, with settings from the environment."""
    settings = Settings()
    telemetry.configure(settings.log_format, settings.log_level)
    return Application(settings)
