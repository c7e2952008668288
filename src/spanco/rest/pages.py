"""What stands beside the APIs: their base paths, published documents, /docs, health and metrics."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from html import escape
from importlib.resources import files
from mimetypes import guess_type

from spanco import telemetry
from spanco.kernel.openapi import Api
from spanco.kernel.publish import published
from spanco.kernel.wire import encode
from spanco.rest.errors import MethodNotAllowed, NoSuchPath
from spanco.rest.request import Request
from spanco.rest.responses import JSON, Answer, Headers
from spanco.rest.site import Site

_ASSETS = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
_HTML: Headers = (
    (b"content-type", b"text/html;charset=utf-8"),
    (b"content-security-policy", b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"),
    (b"x-content-type-options", b"nosniff"),
)
_SCRIPT = """window.addEventListener("load", () => {
  const url = document.getElementById("docs").dataset.url;
  SwaggerUIBundle({ url, dom_id: "#docs", deepLinking: true, tryItOutEnabled: true });
});
"""
_STYLE = """body { margin: 0 auto; max-width: 56rem; padding: 2rem 1rem; color: #1d2733 }
body { font: 1rem/1.6 system-ui, sans-serif }
h1 { font-weight: 600 } td, th { text-align: left; padding: .4rem 1.2rem .4rem 0; border-bottom: 1px solid #dde3ea }
a { color: #0b5cad } table { border-collapse: collapse }"""


class Pages:
    """Answers the paths that belong to no API."""

    def __init__(self, site: Site, ready: Callable[[], Awaitable[bool]]) -> None:
        self._site = site
        self._ready = ready
        self._by_key = {f"{api.key}-{api.version}": api for api in site.apis}
        self._roots = {f"{base}/openapi.json": api for api in site.apis for base in (api.base_path, *api.aliases)}

    async def answer(self, request: Request) -> Answer | None:
        """The page at this path, or None when there is none."""
        if not self._is_page(request.path):
            return None
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed({"GET", "HEAD"})
        if request.path.startswith("/health/"):
            return await self._health(request.path)
        if request.path == "/metrics":
            telemetry.record_pool(*self._site.means.database.connections)
            return Answer(200, telemetry.exposition(), ((b"content-type", telemetry.METRICS_TYPE.encode()),))
        if request.path in self._roots:
            return self._document(request, self._roots[request.path])
        return self._docs(request.path)

    def _is_page(self, path: str) -> bool:
        return path in self._roots or path in {"/", "/metrics", "/docs"} or path.startswith(("/health/", "/docs/"))

    def _document(self, request: Request, api: Api) -> Answer:
        return Answer(200, _published(api, self._site.public_url or request.origin()), JSON)

    async def _health(self, path: str) -> Answer:
        """Liveness says that the process answers; readiness and start-up that the database does."""
        if path == "/health/live":
            return Answer(200, encode({"status": "live"}))
        if path not in {"/health/ready", "/health/startup"}:
            raise NoSuchPath
        if await self._ready():
            return Answer(200, encode({"status": "ready"}))
        return Answer(503, encode({"status": "database not reachable"}), (*JSON, (b"retry-after", b"2")))

    def _docs(self, path: str) -> Answer:
        name = path.removeprefix("/docs").strip("/")
        if name in {"", "/"}:
            return Answer(200, self._index().encode(), _HTML)
        if name == "start.js":
            return Answer(200, _SCRIPT.encode(), ((b"content-type", b"text/javascript"),))
        if name in _ASSETS:
            kind = guess_type(name)[0] or "application/octet-stream"
            content = files("swagger_ui").joinpath("static", name).read_bytes()
            return Answer(200, content, ((b"content-type", kind.encode()), (b"cache-control", b"max-age=86400")))
        if name in self._by_key:
            return Answer(200, _reader(self._by_key[name]).encode(), _HTML)
        raise NoSuchPath

    def _index(self) -> str:
        rows = "".join(
            f'<tr><td>{escape(api.api_id)}</td><td><a href="/docs/{escape(key)}">{escape(api.title)}</a></td>'
            f"<td>{escape(api.version)}</td><td><code>{escape(api.base_path)}</code></td></tr>"
            for key, api in self._by_key.items()
        )
        head = "<tr><th>API</th><th>Title</th><th>Version</th><th>Base path</th></tr>"
        return _page("Spanco: the served APIs", f"<h1>The served APIs</h1><table>{head}{rows}</table>", _STYLE)


@lru_cache(maxsize=64)
def _published(api: Api, root: str) -> bytes:
    """The published document; making it takes some milliseconds, so the last ones are kept."""
    return encode(published(api, root))


def _reader(api: Api) -> str:
    url = escape(f"{api.base_path}/openapi.json")
    scripts = '<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>'
    return _page(api.title, f'<div id="docs" data-url="{url}"></div>{scripts}', "")


def _page(title: str, body: str, style: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css">'
        f"<style>{style}</style></head><body>{body}</body></html>"
    )


def root(site: Site, request: Request, api: Api) -> Answer:
    """GET of a base path: what the API is and where its resources are (the component kit asks for a 2xx here)."""
    here = (site.public_url or request.origin()) + api.base_path
    links = [{"rel": each.name, "href": f"{here}/{each.name}"} for each in api.resources.values() if not each.parent]
    described = {"rel": "service-desc", "href": f"{here}/openapi.json"}
    content = {
        "name": api.title,
        "version": api.version,
        "x-api-id": api.api_id,
        "href": here,
        "links": [*links, described],
    }
    return Answer(200, encode(content))
