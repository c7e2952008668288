"""Requests that are ill-formed as HTTP: lines, headers, lengths, chunks, other protocols; completes `hostile`."""

import gzip
from collections.abc import Callable, Iterator

from tests.rest.hostile import BAD_REQUEST, CLOSED, LEADS, NOT_HTTP, Abuse, request

_GOOD = b'{"name":"smuggled"}'
_HEAD = f"POST {LEADS} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n".encode()
_SECOND = _HEAD + b"content-length: %d\r\n\r\n%b" % (len(_GOOD), _GOOD)
_MOST = 50_000_000
_ANY_REFUSAL = frozenset({400, 404, 405, 406, 411, 412, 413, 414, 415, 422, 431, 501, 505, CLOSED})
_READ = frozenset({200, 206})

_LINES = [
    b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP\r\n\r\n", b"GET / HTTP/\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1.1\r\n\r\n", b"GET / HTTX/1.1\r\n\r\n", b"GET  / HTTP/1.1\r\n\r\n",
    b"GET / / HTTP/1.1\r\n\r\n", b" GET / HTTP/1.1\r\n\r\n", b"GET\t/\tHTTP/1.1\r\n\r\n", b"get / HTTP/1.1\r\n\r\n",
    b"G\x00T / HTTP/1.1\r\n\r\n", b"G\xc3\x89T / HTTP/1.1\r\n\r\n", b"FOO / HTTP/1.1\r\nhost: a\r\n\r\n",
    b"/ HTTP/1.1\r\n\r\n", b"GET\x00/ HTTP/1.1\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nhost: a\r\n\r\n", b"GET / HTTP/1.1\n\nx", b"GET /a b HTTP/1.1\r\n\r\n",
    b"GET /?q=\x00 HTTP/1.1\r\nhost: a\r\n\r\n", b"GET /\x7f HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET nothing HTTP/1.1\r\nhost: a\r\n\r\n", b"GET ? HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET # HTTP/1.1\r\nhost: a\r\n\r\n", b"GET http:// HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nhost: a\r\n\r\n", b"GET * HTTP/1.1\r\nhost: a\r\n\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n", b"CONNECT / HTTP/1.1\r\nhost: a\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nhost: a\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b"\x80\x2e\x01\x00\x02\x00\x15",
    b"SSH-2.0-OpenSSH_9.9\r\n", b"EHLO example\r\n", b"\x00" * 1000, b"\xff" * 1000, b"HTTP/1.1 200 OK\r\n\r\n",
    b"OPTIONS sip:a SIP/2.0\r\n\r\n", b"*1\r\n$4\r\nPING\r\n", b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00",
    b"\x05\x01\x00", b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n", b"GET http://[x]/ HTTP/1.1\r\nhost: a\r\n\r\n",
    b"\r\nfoo\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /?" + b"a=b&" * 50_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n", b"A" * 100_000, b"GET /" + b"a" * 5_000_000,
]  # fmt: skip
_HEADERS = [
    b"x\x00y: 1", b"x: a\x00b", b"x: a\x01b", b"x y: 1", b"x : 1", b" x: 1", b": 1", b"x", b"x\xff: 1", b"(x): 1",
    b"x\r: 1", b"x: a\rb", b"x: \x7f", b"\x00", b"@: 1\x00", b"host: a\r\n folded", b"x: " + b"a" * 100_000,
    b"x" * 100_000 + b": 1", b"x: " + b"a" * 5_000_000, b"\r\n".join(b"x%d: 1" % each for each in range(10_000)),
    b"\r\n".join([b"x: 1"] * 20_000), b"content-length: -1", b"content-length: +5", b"content-length: 5 5",
    b"content-length: 5, 6", b"content-length: 5\r\ncontent-length: 6", b"content-length: 5\r\ncontent-length: 5",
    b"content-length: 0x5", b"content-length: 5.0", b"content-length: five", b"content-length:",
    b"content-length: \x00", b"content-length: 99999999999999999999999999", b"content-length: 18446744073709551617",
    b"transfer-encoding: gzip", b"transfer-encoding: chunked, identity", b"transfer-encoding: xchunked",
    b"transfer-encoding: chunked, chunked, x", b"transfer-encoding: identity", b"transfer-encoding: \x0bchunked",
    b"transfer-encoding: chunked\r\ncontent-length: 5", b"content-length: 5\r\ntransfer-encoding: chunked",
    b"transfer-encoding : chunked", b"transfer-encoding\x00: chunked",
]  # fmt: skip
_CHUNKS = [
    b"x\r\n", b"-1\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5\r\nhel\r\n0\r\n\r\n", b"5\r\nhellooo\r\n0\r\n\r\n",
    b"5\nhello\n0\n\n", b"ffffffffffffffffff\r\n", b"5 \r\nhello\r\n", b"5;\x00\r\nhello\r\n",
    b"+5\r\nhello\r\n0\r\n\r\n", b"\r\n5\r\nhello", b"5\r\nhello0\r\n\r\n", b"fffffffffffffffe\r\n",
    b"1" * 10_000 + b"\r\n", b"5;" + b"a" * 100_000 + b"\r\n", b"0\r\nx\x00: 1\r\n\r\n",
    b"0\r\n" + b"x: 1\r\n" * 20_000 + b"\r\n", b"0\r\n\r\n",
]  # fmt: skip
_HOSTS = [
    "",
    " ",
    "a b",
    "a/b",
    "a@b",
    "<script>",
    "a:99999999",
    "[::1",
    "a\\b",
    'a"b',
    "a,b",
    "é",
    "a" * 300,
    "127.0.0.1\t:80",
    "x'y",
    "${x}",
    "a?b",
    "a#b",
    "a;b",
]
_CONDITIONS = [
    '"x"',
    "x",
    "1",
    '"1',
    '""',
    ",",
    "W/",
    'W/"1"',
    '"99999999999999999999"',
    "\xff",
    '"' + "1" * 5000 + '"',
    '"\\"',
    "()",
    "null",
    "'1'",
    '"-1"',
    '"1-zz"',
]
_KEYS = ["", " ", "\t", "é", "x" * 256, "x" * 5000, "\xff", "a\x80"]
_ACCEPTS = [
    "text/html",
    "application/xml",
    "image/*",
    "x",
    "application/json;q=0",
    "text/plain, image/png",
    "/",
    "json",
]
_MEDIA = [
    "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x", "/",
    "application/", "json", "application/json2", "application/jsonx", "application/json; charset=utf-16",
    "application/json; charset=latin1", 'application/json; charset="utf-7"', "application/cbor",
    "application/json, text/plain", "é", "a" * 5000, "application/json-patch", "application/vnd.api+json",
    "application/json charset=utf-16", "; charset=utf-8",
]  # fmt: skip
_METHODS = [
    "PUT",
    "TRACE",
    "PURGE",
    "LINK",
    "PROPFIND",
    "MKCOL",
    "LOCK",
    "COPY",
    "MOVE",
    "SEARCH",
    "REPORT",
    "M-SEARCH",
    "BIND",
    "SOURCE",
    "QUERY",
    "DELETE",
    "get",
    "X" * 300,
]


def _lines() -> Iterator[Abuse]:
    for each in _LINES:
        yield Abuse(f"line {each[:40]!r}", each, frozenset({*_ANY_REFUSAL, 200}), whole=False)
    lead = f"GET http://evil.example{LEADS} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()
    yield Abuse("absolute form", lead, _READ)
    yield Abuse("HTTP/1.0 without host", f"GET {LEADS} HTTP/1.0\r\n\r\n".encode(), _READ)
    for method in _METHODS:
        yield Abuse(f"method {method[:20]}", request(method, LEADS), frozenset({405, *NOT_HTTP}))
    yield Abuse(
        "upgrade to h2c",
        request("GET", LEADS, None, "connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AA"),
        _READ,
    )
    yield Abuse("upgrade to websocket", request("GET", LEADS, None, "connection: upgrade", "upgrade: websocket"), _READ)
    yield Abuse("POST with upgrade", request("POST", LEADS, b"{}", "connection: upgrade", "upgrade: x"), _ANY_REFUSAL)


def _headers() -> Iterator[Abuse]:
    for each in _HEADERS:
        yield Abuse(f"header {each[:40]!r}", _HEAD + each + b"\r\n\r\nhello", _ANY_REFUSAL, whole=False)
    for each in _CHUNKS:
        yield Abuse(
            f"chunk {each[:40]!r}", _HEAD + b"transfer-encoding: chunked\r\n\r\n" + each, _ANY_REFUSAL, whole=False
        )
    for host in _HOSTS:
        refused = frozenset({200, 206, *NOT_HTTP}) if not host.strip() else NOT_HTTP
        yield Abuse(f"GET host {host[:20]}", request("GET", LEADS, None, f"host: {host}"), refused)
        if host.strip():
            yield Abuse(f"POST host {host[:20]}", request("POST", LEADS, _GOOD, f"host: {host}"), refused)
            yield Abuse(
                f"PATCH host {host[:20]}",
                request("PATCH", f"{LEADS}/{{id}}", b'{"name":"x"}', f"host: {host}"),
                refused,
            )
    for condition in _CONDITIONS:
        body = b'{"name":"never"}'
        yield Abuse(
            f"If-Match {condition[:20]}",
            request("PATCH", f"{LEADS}/{{id}}", body, f"if-match: {condition}"),
            frozenset({400, 412}),
        )
        yield Abuse(
            f"If-None-Match {condition[:20]}",
            request("GET", LEADS, None, f"if-none-match: {condition}"),
            frozenset({200, 206, 400}),
        )
    for key in _KEYS:
        yield Abuse(f"Idempotency-Key {key[:20]!r}", request("POST", LEADS, _GOOD, f"idempotency-key: {key}"), NOT_HTTP)
    for accept in _ACCEPTS:
        yield Abuse(f"Accept {accept}", request("GET", LEADS, None, f"accept: {accept}"), frozenset({406}))
        yield Abuse(f"POST Accept {accept}", request("POST", LEADS, _GOOD, f"accept: {accept}"), frozenset({406}))
    for prefer in ("count=", "count=x", ",,,", "x" * 5000, "count=exact, count=none", '"', "\xff"):
        yield Abuse(f"Prefer {prefer[:20]}", request("GET", LEADS, None, f"prefer: {prefer}"), _READ)
    for trace in (
        "traceparent: x",
        "traceparent: 00-" + "0" * 200,
        "x-request-id: " + "x" * 5000,
        "x-correlation-id: \xff",
        "expect: x",
        "range: bytes=-1",
    ):
        yield Abuse(trace[:30], request("GET", LEADS, None, trace), _READ)


def _media() -> Iterator[Abuse]:
    for media in _MEDIA:
        yield Abuse(f"POST {media[:30]}", request("POST", LEADS, _GOOD, media=media), frozenset({415}))
        yield Abuse(f"PATCH {media[:30]}", request("PATCH", f"{LEADS}/{{id}}", _GOOD, media=media), frozenset({415}))
    for coding in ("gzip", "deflate", "br", "zstd", "x", "gzip, gzip", "identity, gzip"):
        named = f"content-encoding: {coding}"
        for name, body in (
            ("packed", gzip.compress(_GOOD)),
            ("not packed", _GOOD),
            ("a bomb", gzip.compress(b" " * 9_000_000)),
        ):
            yield Abuse(f"{coding} {name}", request("POST", LEADS, body, named), frozenset({415}))
            yield Abuse(f"PATCH {coding} {name}", request("PATCH", f"{LEADS}/{{id}}", body, named), frozenset({415}))


_BOTH = [
    b"content-length: 4\r\ntransfer-encoding: chunked\r\n", b"transfer-encoding: chunked\r\ncontent-length: 4\r\n",
    b"content-length: 5\r\ntransfer-encoding: chunked, identity\r\n",
    b"transfer-encoding: identity, chunked\r\ncontent-length: 4\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
    b"transfer-encoding:\tchunked\r\ncontent-length: 4\r\n",
    b"transfer-encoding: chunked\x0b\r\ncontent-length: 4\r\n",
    b"x: a\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n",
]  # fmt: skip


def _lengths() -> Iterator[Abuse]:
    yield Abuse("50 MB declared and sent", request("POST", LEADS, b" " * _MOST), frozenset({413}))
    yield Abuse(
        "50 MB in one text", request("PATCH", f"{LEADS}/{{id}}", b'{"name":"' + b"x" * _MOST + b'"}'), frozenset({413})
    )
    yield Abuse(
        "50 MB of brackets for a lead that is not there",
        request("PATCH", f"{LEADS}/x", b"[" * _MOST),
        frozenset({404, 413}),
    )
    yield Abuse(
        "50 MB of another type", request("POST", LEADS, b"x" * _MOST, media="text/plain"), frozenset({413, 415})
    )
    yield Abuse("50 MB sent to a GET", request("GET", LEADS, b"x" * _MOST), _READ)
    chunk = b"10000\r\n" + b"[" * 0x10000 + b"\r\n"
    chunked = _HEAD + b"transfer-encoding: chunked\r\n\r\n"
    yield Abuse("50 MB in chunks", chunked + chunk * (_MOST // 0x10000) + b"0\r\n\r\n", frozenset({413}))
    yield Abuse("chunks of one byte", chunked + b"1\r\n[\r\n" * 1_200_000 + b"0\r\n\r\n", frozenset({413}))
    yield Abuse("an endless header", _HEAD + b"x: " + b"a" * 20_000_000, NOT_HTTP, whole=False)
    yield Abuse("an endless name", _HEAD + b"x" * 20_000_000, NOT_HTTP, whole=False)
    yield Abuse("huge length, short body", _HEAD + b"content-length: 50000000\r\n\r\n{}", frozenset({413}), whole=False)
    yield Abuse("length too long", _HEAD + b"content-length: 500\r\n\r\n" + _GOOD, NOT_HTTP, whole=False)
    yield Abuse("length too short", _HEAD + b"content-length: 5\r\n\r\n" + _GOOD, BAD_REQUEST)
    yield Abuse("length zero", _HEAD + b"content-length: 0\r\n\r\n", BAD_REQUEST)
    for each in _BOTH:
        yield Abuse(f"smuggling {each!r}", _HEAD + each + b"\r\n0\r\n\r\n" + _SECOND, NOT_HTTP)
    yield Abuse(
        "smuggling by two lengths", _HEAD + b"content-length: 0\r\ncontent-length: 5\r\n\r\n" + _SECOND, NOT_HTTP
    )
    yield Abuse("smuggling by a bad chunk", chunked + b"0\r\nx" + _SECOND, NOT_HTTP)
    for cut in range(0, len(_SECOND), 12):
        yield Abuse(f"cut after {cut} bytes", _SECOND[:cut], NOT_HTTP, whole=False)


FAMILIES: dict[str, Callable[[], Iterator[Abuse]]] = {
    "lines": _lines,
    "headers": _headers,
    "media types and codings": _media,
    "lengths": _lengths,
}
