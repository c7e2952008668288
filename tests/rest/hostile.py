"""More than 500 requests that a client may send by mistake or with intent, and what each must be answered.

`right` are the statuses that are right; `CLOSED` among them means that the connection may also end without an answer,
because what was sent is no HTTP. `{id}` in a target stands for a lead that exists.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

LEADS = "/tmf-api/sales/v4/salesLead"
CLOSED = 0
_JSON = "application/json"
_PATCH = "application/json-patch+json"
_QUERY_PATCH = "application/json-patch-query+json"

BAD_REQUEST = frozenset({400})
NOT_HTTP = frozenset({400, CLOSED})
NOT_FOUND = frozenset({404})
TOLERATED = frozenset({200, 206, 400})


@dataclass(frozen=True, slots=True)
class Abuse:
    """One request as bytes (`whole` is false when the client stops in the middle), and the statuses that are right."""

    name: str
    sent: bytes
    right: frozenset[int] = BAD_REQUEST
    whole: bool = True


def request(method: str, target: str, body: bytes | None = None, *headers: str, media: str = _JSON) -> bytes:
    """A well-formed frame around what may be ill-formed."""
    lines = [f"{method} {target} HTTP/1.1", *headers]
    if not any(each.lower().startswith("host:") for each in headers):
        lines.append("host: 127.0.0.1")
    if body is not None:
        lines += [f"content-type: {media}", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + (body or b"")


_TEXT_IN_NAME = [
    b'"\\ud800"', b'"\\udc00"', b'"\\ud800\\ud800"', b'"\\udc00\\ud800"', b'"a\\ud83d"', b'"\\u0000"', b'"a\\u0000b"',
    b'"\x00"', b'"\x01"', b'"\n"', b'"\t"', b'"\x1f"', b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xe2\x82"',
    b'"\xf5\x80\x80\x80"', b'"\xf0\x80\x80\x80"', b'"\x80"', b'"\\x41"', b'"\\u12"', b'"\\uZZZZ"', b'"\\"', b'"',
    b"'a'", b'"\\ "', b'"\\0"', b'"\\u{41}"', b"a", b"`a`", b'"a" "b"', b'"a"b', b"\\", b"undefined", b"None",
    b"True",
]  # fmt: skip
_NUMBERS = [
    b"NaN", b"Infinity", b"-Infinity", b"-NaN", b"nan", b"inf", b"01", b"-01", b"+1", b"1.", b".5", b"-.5", b"-",
    b"1e", b"1e+", b"1.e1", b"0x10", b"1_000", b"1,5", b"0b1", b"1f", b"--1", b"1e400", b"-1e400", b"1e-400",
    b"1e999999999", b"1e99999999999999999999", b"-1e-99999999999", b"9" * 2000, b"9" * 100_000,
    b"0." + b"1" * 100_000, b"1e" + b"9" * 10_000, b"\xd9\xa1", "½".encode(), "∞".encode(),
]  # fmt: skip
_STRUCTURES = [
    b"", b" ", b"\n\n", b"\x00", b"{", b"}", b"[", b"]", b"{]", b"[}", b"{{}}", b"{[]}", b'{"name"}', b'{"name":}',
    b'{:"a"}', b'{"name" "a"}', b'{"name":"a",}', b'{,"name":"a"}', b'{"name":"a",,"b":1}', b'{"name"="a"}',
    b'{"name":"a"', b'{"name":"a"}}', b'{"name":"a"}{"name":"b"}', b'{"name":"a"} x', b'{"name":"a"}\x00',
    b'\xef\xbb\xbf{"name":"a"}', b"{name:1}", b"{'name':'a'}", b'{"name":"a"} // c', b'/* c */{"name":"a"}',
    b'# c\n{"name":"a"}', b'{1:"a"}', b'{null:"a"}', b"[1,]", b"[,1]", b"[1 2]", b"nul", b"tru", b"TRUE", b"<lead/>",
    b"name: a", b"name=a", b"\x80\x02}q\x00.", b"\x1f\x8b\x08\x00", b"%PDF-1.4", b")]}',\n{}",
    '{"name":"a"}'.encode("utf-16"), '{"name":"a"}'.encode("utf-16-be"), '{"name":"a"}'.encode("utf-32"),
    gzip.compress(b'{"name":"a"}'), b'{"name":"a","name":"b"}', b'{"name":"a","\\u006eame":"b"}',
    b'{"name":"a","x":{"y":1,"y":2}}', b'{"name":"a","x":[{"y":1,"y":1}]}', b'{"name":"a","\\u0000":1}',
    b'{"name":"a","\\ud800":1}', b'{"name":"a","\xff":1}', b"[" * 10_000 + b"]" * 10_000, b"[" * 10_000,
    b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b'{"a":' * 10_000,
    b'[{"a":' * 10_000 + b"1" + b"}]" * 10_000, b'{"name":"a","x":' + b"[" * 65 + b"]" * 65 + b"}",
    b'{"name":"' + b"\\" * 9999, b"[" + b"0," * 60_000 + b"0]", b'{"name":"a","x":[' + b"{}," * 60_000 + b"{}]}",
    b"[" * 400_000, b'"' * 100_000, b"\\u" * 100_000, b"[" + b"[]," * 200_000 + b"[]]",
    b'{"name":"a","x":{' + b",".join(b'"%d":0' % each for each in range(60_000)) + b"}}",
]  # fmt: skip
_NO_LEAD = [
    "null", "1", '"a"', "true", "[]", "[null]", "[[]]", "[1]", "{}", '{"name":null}', '{"name":""}', '{"name":"  "}',
    '{"name":1}', '{"name":[]}', '{"name":{}}', '{"name":"a","priority":"x"}', '{"name":"a","priority":1}',
    '{"name":"a","validFor":"x"}', '{"name":"a","validFor":[]}', '{"name":"a","validFor":{"startDateTime":"soon"}}',
    '{"name":"a","referredDate":"2026-13-45T99:00:00Z"}', '{"name":"a","referredDate":5}',
    '{"name":"a","relatedParty":{}}', '{"name":"a","relatedParty":[1]}', '{"name":"a","relatedParty":"x"}',
    '{"name":"a","note":"x"}', '{"name":"a","note":[[]]}', '{"name":"a","estimatedRevenue":"x"}',
    '{"name":"a","estimatedRevenue":{"value":"x"}}', '{"name":"a","channel":[]}', '{"name":"a","channel":7}',
    '{"name":"a","description":{}}', '{"name":"a","@type":1}', '{"name":"a","@type":{}}', '{"NAME":"a"}',
    '{"name":"a","product":"x"}', '[{"name":"a"},{"name":""}]', '[{"name":"a"},{}]',
    '[{"name":"a"},null,{"name":"b"}]', json.dumps([*({"name": f"good {n}"} for n in range(500)), {"name": 5}]),
    json.dumps([{"name": "a"}] * 1001),
]  # fmt: skip


def _bodies() -> Iterator[Abuse]:
    values = [b'{"name":%b}' % each for each in _TEXT_IN_NAME] + [b'{"name":"a","x":%b}' % each for each in _NUMBERS]
    for number, body in enumerate([*values, *_STRUCTURES]):
        yield Abuse(f"POST {number} {body[:40]!r}", request("POST", LEADS, body))
        yield Abuse(f"PATCH {number} {body[:40]!r}", request("PATCH", f"{LEADS}/{{id}}", body))
    for number, body in enumerate(_STRUCTURES):
        yield Abuse(f"JSON Patch {number} {body[:40]!r}", request("PATCH", f"{LEADS}/{{id}}", body, media=_PATCH))
    for each in _NO_LEAD:
        yield Abuse(f"no lead {each[:40]}", request("POST", LEADS, each.encode()))
    yield Abuse("no body at all", request("POST", LEADS))


def _operation(op: object = "add", path: object = "/x", **more: object) -> dict[str, object]:
    return {"op": op, "path": path, **more}


_BOMB = [_operation(path="/x", value="x" * 1000)] + [
    _operation("copy", f"/x{'y' * depth}", **{"from": "/x"}) for depth in range(1, 400)
]
_DOUBLING = [_operation(path="/x", value=["x" * 100])] + [_operation("copy", "/x/-", **{"from": "/x"})] * 60
_PATCHES: list[object] = [
    [], [{}], [1], [None], [[]], {"op": "add"}, "x", None, 5, True, [_operation()], [_operation("increase", value=1)],
    [_operation(None, value=1)], [_operation(1, value=1)], [_operation(path=None, value=1)],
    [_operation(path=5, value=1)], [_operation("remove", "/nothing")], [_operation("remove", "")],
    [_operation("replace", "/nothing", value=1)], [_operation("replace", "", value=1)],
    [_operation("replace", "", value=None)], [_operation("replace", "", value=[])],
    [_operation("move", "/y", **{"from": "/nothing"})], [_operation("move", "/y")],
    [_operation("copy", "/y", **{"from": "nothing"})], [_operation("copy", "/name/x", **{"from": "/name"})],
    [_operation("test", "/name", value="another")], [_operation("test", "/name")],
    [_operation("test", "/nothing", value=None)], [_operation("replace", "/id", value="x")],
    [_operation("remove", "/id")], [_operation("remove", "/name")], [_operation("replace", "/name", value=5)],
    [_operation("replace", "/status", value="sleeping")], [_operation("add", "/name/-", value=1)],
    [_operation(path="/" * 5000, value=1)], [_operation(path="/a" * 5000, value=1)],
    [_operation(path="/name/" + "9" * 5000, value=1)], [_operation(path="/x", value=1)] * 501, _DOUBLING, _BOMB * 2,
    [_operation(path="/x", value=[]), _operation(path="/x/1", value=1)],
    [_operation(path="/x", value=[]), _operation(path="/x/-1", value=1)],
    [_operation(path="/x", value=[]), _operation("remove", "/x/-")],
    [_operation(path="/x", value=[]), _operation(path="/x/00", value=1)],
    [_operation(path="/x", value={}), _operation("move", "/x/y", **{"from": "/x"})],
    [_operation(path="/x", value=1), _operation("test", "/name", value="no")],
    [_operation("copy", "/id", **{"from": "/name"})], [_operation("move", "", **{"from": "/name"})],
    [_operation("replace", "/creationDate", value="2001-01-01T00:00:00.000Z")],
]  # fmt: skip
_NO_POINTERS = [[_operation(path=path, value=1)] for path in ("x", "/~2", "/~", "name", "$.name", "#/name", "~")]
_HARMLESS: list[object] = [[]]
_MERGES: list[object] = [
    None, [], [1], "x", 5, True, {"name": None}, {"name": 5}, {"name": ""}, {"id": "x"}, {"id": None}, {"href": "x"},
    {"status": "sleeping"}, {"creationDate": "2001-01-01T00:00:00.000Z"}, {"relatedParty": {}}, {"validFor": "x"},
    {"@type": 5},
]  # fmt: skip


def _patches() -> Iterator[Abuse]:
    for number, each in enumerate(_PATCHES):
        body = json.dumps(each).encode()
        right = frozenset({200}) if each in _HARMLESS else BAD_REQUEST
        yield Abuse(f"JSON Patch {number}", request("PATCH", f"{LEADS}/{{id}}", body, media=_PATCH), right)
        yield Abuse(f"JSON Patch Query {number}", request("PATCH", f"{LEADS}/{{id}}", body, media=_QUERY_PATCH), right)
        yield Abuse(f"bulk {number}", request("PATCH", LEADS, body, media=_PATCH))
    for each in _NO_POINTERS:
        body = json.dumps(each).encode()
        yield Abuse(f"JSON Patch {body!r}", request("PATCH", f"{LEADS}/{{id}}", body, media=_PATCH))
    for number, each in enumerate(_MERGES):
        body = json.dumps(each).encode()
        for media in (_JSON, "application/merge-patch+json"):
            yield Abuse(f"merge {number} {media}", request("PATCH", f"{LEADS}/{{id}}", body, media=media))
    good = {"op": "add", "path": "/", "value": {"name": "a"}}
    for bad in (
        {**good, "value": {}},
        {**good, "path": "/x"},
        {**good, "op": "remove"},
        {**good, "value": [good]},
        1,
        None,
        {},
    ):
        yield Abuse(
            f"bulk with one bad {bad}", request("PATCH", LEADS, json.dumps([good, bad, good]).encode(), media=_PATCH)
        )
    deep: object = 1
    for _ in range(60):
        deep = {"a": deep}
    nested = json.dumps([_operation(path="/x", value=deep), _operation(path="/x" + "/a" * 59, value=deep)]).encode()
    yield Abuse("a patch that digs deeper", request("PATCH", f"{LEADS}/{{id}}", nested, media=_PATCH))


_IDS = [
    "x", "0", "-1", "1.5", "null", "undefined", "NaN", "true", "[]", "{}", "[object Object]", "*", "%", "%zz", "%2",
    "%00", "a%00b", "%ff", "%c0%80", "%ed%a0%80", "%0a", "%0d%0aX-Injected:1", "%20", "%09", "%7f", "%e2%80%ae",
    "😀".encode().decode("latin-1"), "%f0%9f%98%80", "..", "...", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%2F", "a%2Fb",
    "a%5cb", "%5c..%5c", "'", "%22", "%27%3b--", "1%20or%201%3d1", "'%20or%20''%3d'", "1;drop%20table%20resource",
    "$1", "%24%7b7*7%7d", "{{7*7}}", "${jndi:ldap:x}", "<script>", "%3cscript%3e", "`id`", "|id", ";id", "&a=b",
    "a=b", "a,b", "(a)", "!a", "~a", "a:b", "@a", "a@b", "a+b", "{%22a%22:1}", "%7b%22a%22%3a1%7d", "[1,2]",
    "%5b1%5d", "x" * 255, "x" * 256, "x" * 3000, "x" * 10_000, "%41" * 3000, "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-7fff-bfff-ffffffffffff", "9" * 40, "-9223372036854775809", "1e999", "hub", "openapi.json",
    "salesLead", ".", "a/b", "a/b/c", "a/salesLead/b", "../salesOpportunity", "//", "/x",
]  # fmt: skip


_PATHS = [
    "/tmf-api/sales/v5/salesLead", "/tmf-api/sales/v4/nothing", "//", "/%00", "/%ff", "/.env", "/docs/../../etc/passwd",
    "/health/x", "/docs/%2e%2e/x", "/metrics/x", "/tmf-api/sales/v4/salesLead.json", "/TMF-API/sales/v4/salesLead",
    "/" + "a" * 20_000,
]  # fmt: skip


def _ids() -> Iterator[Abuse]:
    for id_ in _IDS:
        missing = NOT_FOUND if id_.isascii() and " " not in id_ else frozenset({*NOT_HTTP, 404})
        target = f"{LEADS}/{id_}"
        yield Abuse(f"GET {id_[:40]}", request("GET", target), missing)
        yield Abuse(f"PATCH {id_[:40]}", request("PATCH", target, b'{"name":"b"}'), missing)
        yield Abuse(f"DELETE {id_[:40]}", request("DELETE", target), missing)
    for path in _PATHS:
        yield Abuse(f"path {path[:40]}", request("GET", path), frozenset({404, 200}) if path == "//" else NOT_FOUND)


_REFUSED_QUERIES = [
    *(f"limit={each}" for each in ("-1", "x", "1.5", "1e3", "", "+1", "%20", "٣", "9" * 30, "0x10", "null", "1%00",
        "%ff", "1,2", "1;2", "NaN")),
    *(f"offset={each}" for each in ("-1", "x", "1.5", "9" * 30, "99999999", "", "%ff", "-0", "1e9", "1&offset=2")),
    *(f"after={each}" for each in ("x", "%00", "W10", "W10=", "e30", "bnVsbA", "WyIiLFtdLDFd", "WyIiLFsxXSwiYSJd",
        "a" * 5000, "=", "===", "😀", "%ff", "W1tbW1tbW1tbW1tb", "-", "_", "WyJuYW1lIixbXSwiYSJd", "&before=x",
        "../..", "'")), *(f"before={each}" for each in ("x", "W10", "eyJhIjoxfQ", "%0a", "null", "0", "{}")),
    *(f"sort={each}" for each in ("a..b", ".", "-", ",".join("abcdefghi"), "a" * 300, "%00", "%ff")),
    *(f"name.regex={quote(each)}" for each in ("(", "[", "*", "a{2,1}", "a{1001}", "(?=a)", "(?P<a>b)", "\\1", "\\",
        "a**", "x" * 10_000, "(" * 1000, "(" * 30 + ")" * 30, "[z-a]", "(?i)a", "\\pL", "[[:alpha:]]",
        "((((a{99}){99}){99}){99})", "a" * 201)),
    *(f"filter={quote(each)}" for each in ("(", "$[", "$[?", "$[?(", "$[?(@", "$[?(@.name", "$[?(@.name=~/(/)]",
        "$[?(@.name=~/[/)]", "x===1", "$[?(@.name=~/" + "x" * 10_000 + "/)]", "(" * 1000 + "a==1" + ")" * 1000,
        "!" * 1000 + "a", "a==", "==a", "a=b", "$[?(@.a[?(" * 200, " && ".join(["a==1"] * 1000), "a && ", "|| a",
        "a == 'x", "a == NaN", "a.b.", "$..a..", "a;b", "__import__('os')", "$.a.b[(@.length-1)]", "a == \\",
        "a == 1e", "'" * 999, ".".join(["a"] * 100), "a" * 3000, "name =~ '" + "(a+)+" * 100 + "'", "length(",
        "a == {}", "a == [1]", "a == 01", "select 1", "a == 'x' --")),
    *(f"{each}=1" for each in ("a..b", ".a", "a.", "a[0]", "a.between", "a.like", "a'b", "a%22b", "a%00b", "a%ffb",
        "%", "%zz", "a.in", ".".join("a" * 30))), "name=%00", "name=a%00b", "name=%ff", "name=%c0%80",
    "name=%ed%a0%80", "name=%", "name=%z", "name=%2", "name", "=1", "==", "name=" + "x" * 1001, "name%3D%3D%3D%3Dx",
    "name!!x", "name><x", "name=" + ",".join(map(str, range(100))), "&".join(f"a{each}=1" for each in range(1000)),
    "sort=a&sort=b", "filter=a&filter=b", "fields=" + ",".join(f"a{each}" for each in range(101)),
    "fields=" + "a" * 201, "fields=%00", "fields=%ff", "after=WyIiLFtdLCJhIl0&offset=5", "&".join(["name=a"] * 51),
    "status=" + "a;b," * 40, "fields=a&fields=b",
]  # fmt: skip
_BEARABLE_QUERIES = [
    "limit=0", "limit=999999", "limit=007", "offset=9999999", "&&&&", "fields=none", "fields=,,,", "fields=a.b.c.d",
    "fields=" + ".".join("a" * 90), "sort=nothing", "sort=-nothing.at.all", 'sort=a"b', "sort=a'b", "sort=a%5cb",
    "sort=%24.a", "sort=a%0ab", "sort=😀".encode().decode("latin-1"), "sort=a%3bdrop",
    "name.regex=" + quote("(a+)+(a+)+(a+)+$"), "name.regex=" + quote("(.*a){20}"),
    "name.regex=" + quote("((a{0,10}){0,10}){0,10}"), "name.regex=" + quote("(a|aa)+$"), "name.regex=.*.*.*.*.*.*x",
    "filter=" + quote("$[?(@.name=~/(a+)+$/)]"), "filter=" + quote("name =~ /.*/i"), "x>1e300", "x>1e400",
    "x>-1e999999", "x=" + "9" * 1000, "x>" + "9" * 900, "x<0." + "0" * 900 + "1", "x=NaN", "x>Infinity", "x=-0",
    "x>=1e131072", "creationDate>9999-12-31", "creationDate>999999-12-31", "creationDate<0000-00-00",
    "creationDate>2026-02-30T25:61:61Z", "creationDate=now()", "name=%27%20or%201%3d1",
    "name='; drop table resource; --", "name=%5c", "name=%25", "name=_", "name=$1", "name={0}", "name=%7b%7d",
    'name="', 'name=""', "$where=1", "__proto__=1", "constructor.prototype=1", "expand=x", "depth=x", "href=x",
    "id=x", "id=%f0%9f%98%80", "@type=x", "filter=", "filter=%24", "filter=" + quote("$[?(@.price > 1e400)]"),
    "filter=" + quote("length(name) > 99999999999999999999"), "sort=,,,", "a=%ef%bf%bf",
]  # fmt: skip


def _queries() -> Iterator[Abuse]:
    for each in _REFUSED_QUERIES:
        target = f"{LEADS}?{each}"
        right = frozenset({400, CLOSED}) if not each.isascii() else BAD_REQUEST
        yield Abuse(f"GET ?{each[:60]}", request("GET", target), right)
    for each in _BEARABLE_QUERIES:
        target = f"{LEADS}?{each.replace(' ', '%20')}"
        right = frozenset({*TOLERATED, CLOSED}) if not each.isascii() else TOLERATED
        yield Abuse(f"GET ?{each[:60]}", request("GET", target), right)
    for query in ("fields=" + "a" * 201, "fields=" + ",".join(f"a{each}" for each in range(101))):
        yield Abuse(f"POST ?{query[:20]}", request("POST", f"{LEADS}?{query}", b'{"name":"a"}'))
        yield Abuse(f"PATCH ?{query[:20]}", request("PATCH", f"{LEADS}/{{id}}?{query}", b'{"name":"changed"}'))
        yield Abuse(f"GET one ?{query[:20]}", request("GET", f"{LEADS}/{{id}}?{query}"))


FAMILIES: dict[str, Callable[[], Iterator[Abuse]]] = {
    "bodies": _bodies,
    "patches": _patches,
    "ids and paths": _ids,
    "queries": _queries,
}
