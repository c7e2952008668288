"""Ways to lead a server inside its own network by the address of a callback; `{port}` is where a trap listens."""

from dataclasses import dataclass

from spanco.transport import BadAddress, InnerAddress, PeerError

OUTER_V4 = "93.184.215.14"
OUTER_V6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


@dataclass(frozen=True, slots=True)
class Vector:
    """An address, what its name resolves to, and how it is refused."""

    url: str
    answers: tuple[str, ...] = ()
    refused: type[PeerError] = BadAddress


INNER_V4 = (
    "0.0.0.0",  # noqa: S104  nothing is bound
    "0.0.0.1", "0.255.255.255", "10.0.0.0", "10.1.2.3", "10.255.255.255", "100.64.0.1", "100.100.100.200",
    "100.127.255.255", "127.0.0.1", "127.0.0.2", "127.0.1.1", "127.127.127.127", "127.255.255.254", "127.255.255.255",
    "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.17.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255",
    "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.254", "255.255.255.255",
)  # fmt: skip
INNER_V6 = (
    "::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::2",
    "::ffff:127.0.0.1", "::FFFF:7F00:1", "0:0:0:0:0:ffff:7f00:1", "::ffff:0.0.0.0", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:192.168.1.1", "::ffff:100.64.0.1",  # mapped
    "::127.0.0.1", "::7f00:1", "::10.0.0.1", "::169.254.169.254", "::5db8:d70e",  # compatible
    "::ffff:0:127.0.0.1", "::ffff:0:7f00:1",  # translated (RFC 2765)
    "64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b::5db8:d70e",  # NAT64
    "64:ff9b:1::1", "64:ff9b:1:7f00:1::", "64:ff9b:1:ffff::10.0.0.1",
    "2002:7f00:1::", "2002:7f00:1::1", "2002:a00:1::", "2002:a9fe:a9fe::", "2002:c0a8:101::1", "2002:5db8:d70e::1",
    "2001::1", "2001:0:7f00:1::", "2001:0:5ef5:79fb:0:0:80ff:fffe", "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo
    "2606:2800:21f::5efe:127.0.0.1", "2606:2800:21f::5efe:7f00:1", "2606:2800:21f:0:200:5efe:a9fe:a9fe",  # ISATAP
    "fe80::5efe:10.0.0.1",
    "fc00::1", "fd00::1", "fd00:ec2::254", "fd20:ce::254", "fdff:ffff:ffff:ffff::1",  # local, cloud metadata
    "fe80::1", "febf::1", "fe80::a9fe:a9fe", "fec0::1", "feff::1", "ff01::1", "ff02::1", "ff02::fb", "ff05::2",
    "ff0e::1", "100::1", "100:0:0:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1::1", "2001:db8::1",
    "3fff::1", "3fff:fff::1", "5f00::1", "4000::1", "200::1", "e000::1", "1fff::1",
)  # fmt: skip

DISGUISES = (  # of 127.0.0.1 and its like, as some reader of addresses somewhere understands them
    "2130706433", "02130706433", "017700000001", "0x7f000001", "0X7F000001", "0x7f.0x0.0x0.0x1", "0x7f.1", "0x7f.0.0.1",
    "0177.0.0.1", "0177.0.0.01", "00177.0.0.1", "0177.1", "127.1", "127.0.1", "127.0.0.01", "127.0.0.001",
    "127.00.0.1", "127.0.0.0x1", "127.0.0.1.", "127.0.0.1..", ".127.0.0.1", "127..0.0.1", "127.0.0", "0", "0x0", "0.0",
    "00000000.1", "256.0.0.1", "383.0.0.1", "127.0.0.257", "127.0.0.1.1", "4294967297", "18446744071693271041", "1",
    "2852039166", "0xa9fea9fe", "025177524776", "169.254.43518", "0251.0376.0251.0376", "0xa9.254.169.254",
    "127.0.0.1%00", "127.0.0.1%2e", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "127.0.0.1%0d%0a", "127.0.0.1%20",
    "%6c%6f%63%61%6c%68%6f%73%74", "localhost%00", "localhost%2etest",
    "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "127\uff0e0\uff0e0\uff0e1", "127\uff610\uff610\uff611",
    "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
    "\uff4cocalhost", "locaLHo\u017ft", "\u0661\u0662\u0667.0.0.1", "0\uff587f.1", "127.0.0.1\u200b", "loc\u00adalhost",
    "b\u00fccher.test", "\u202e1.0.0.721",
    "localhost.", "localhost..", "inner.test.", ".inner.test", "inner..test", "-inner.test", "inner-.test",
    "in_ner.test", "_inner.test", "inner.123", "inner.0x7f", "inner.1", "a" * 64 + ".test", "a." * 130 + "test",
    "*", "*.test", "inner,test", "inner;test", "inner!test", "(inner)", "inner=test", "inner+test", "inner~test",
    "[127.0.0.1]", "[::1", "::1]", "::1", "[[::1]]", "[]", "[:]", "[:::1]", "[::1::]", "[1]", "[0x7f000001]",
    "[::ffff:127.1]", "[::ffff:0177.0.0.1]", "[::ffff:127.0.0.01]", "[::1%25lo]", "[fe80::1%25eth0]", "[fe80::1%251]",
    "[::1%25]", "[::1.]", "[::1]a", "a[::1]", "[v1.127]", "[localhost]", "[::ffff:7f00:1%2525lo]", "[::ffff:256.0.0.1]",
)  # fmt: skip

WHOLE = (  # where the parts of the address themselves are in question
    "", " ", "/", "//", "//127.0.0.1:{port}/", "127.0.0.1:{port}", "localhost:{port}/", "http:", "http:/", "http://",
    "http:///", "http:///127.0.0.1:{port}/", "http:127.0.0.1:{port}/", "http:/127.0.0.1:{port}/", "http://:{port}/",
    "http:\\\\127.0.0.1:{port}\\", "http:/\\127.0.0.1:{port}/", "http://?@127.0.0.1:{port}/", "http://#127.0.0.1",
    "ftp://127.0.0.1:{port}/", "file:///etc/passwd", "file://127.0.0.1/etc/passwd", "gopher://127.0.0.1:{port}/_x",
    "dict://127.0.0.1:{port}/", "ldap://127.0.0.1:{port}/", "ws://127.0.0.1:{port}/", "unix:///run/docker.sock",
    "http+unix://%2Frun%2Fdocker.sock/", "jar:http://127.0.0.1:{port}/!/", "data:text/plain,x", "javascript:0",
    "http\u017f://127.0.0.1:{port}/", "\uff48ttp://127.0.0.1:{port}/", "h\tttp://127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/", "http://127.0.0.1:{port}/ ", "http://127.0.0.1:{port}/\n", "\nhttp://inner.test/",
    "http://127.0.0.1\t:{port}/", "http://127.0.0.1:{port}/\r\nHost: x", "http://127.0.0.1:{port}/\x00", "http://\x00/",
    "http://127.0.0.1 :{port}/", "http://127.0.0.1:{port}/a b", "http://127.0.0.1:{port}/\x7f", "http://inner.test/é",
    "http://inner.test:{port}/#", "http://inner.test:{port}/#a", "http://inner.test#@outer.test/",
    "http://outer.test#@127.0.0.1:{port}/", "http://outer.test\\@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@outer/",
    "http://a@127.0.0.1:{port}/", "http://a:b@127.0.0.1:{port}/", "http://:@127.0.0.1:{port}/", "http://@inner.test/",
    "http://outer.test@127.0.0.1:{port}/", "http://outer.test:80@127.0.0.1:{port}/", "http://a@b@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@outer.test/", "http://127.0.0.1%40outer.test/", "http://outer.test%2F@127.0.0.1:{port}/",
    "http://127.0.0.1:/", "http://127.0.0.1:0/", "http://127.0.0.1:00/", "http://127.0.0.1:65536/",
    "http://127.0.0.1:99999/", "http://127.0.0.1:4294967376/", "http://127.0.0.1:-1/", "http://127.0.0.1:+80/",
    "http://127.0.0.1:0{port}/", "http://127.0.0.1:8o/", "http://127.0.0.1:0x50/", "http://127.0.0.1:80:{port}/",
    "http://127.0.0.1:{port}:80/", "http://127.0.0.1:\uff18\uff10/", "http://inner.test:http/", "http://[::1]:/",
    "http://[::1]:0/", "http://[::1]{port}/", "http://127.0.0.1:{port}/%", "http://127.0.0.1:{port}/%zz",
    "http://127.0.0.1:{port}/<x>", 'http://127.0.0.1:{port}/"', "http://127.0.0.1:{port}/{x}",
    "http://127.0.0.1:{port}/" + "a" * 2000,
)  # fmt: skip

NAMED = (  # names, with an answer inside
    Vector("http://localhost:{port}/", refused=InnerAddress),
    Vector("http://LOCALHOST:{port}/", refused=InnerAddress),
    Vector("http://a.localhost:{port}/", refused=InnerAddress),
    Vector("http://outer.localhost:{port}/", (OUTER_V4,), InnerAddress),
    Vector("https://localhost:{port}/", refused=InnerAddress),
    Vector("http://127.0.0.1.inner.test:{port}/", ("127.0.0.1",), InnerAddress),
    Vector("http://metadata.google.internal/", ("169.254.169.254",), InnerAddress),
    Vector("http://inner:{port}/", ("127.0.0.1",), InnerAddress),
    Vector("http://xn--bcher-kva.test:{port}/", ("127.0.0.1",), InnerAddress),
    Vector("HTTPS://Inner.Test:{port}/", ("127.0.0.1",), InnerAddress),
    Vector("http://inner.test:{port}?@outer.test/", ("127.0.0.1",), InnerAddress),
    Vector("http://inner.test/..;/", ("fe80::1%lo",), InnerAddress),
    Vector("http://inner.test/", ("::ffff:127.0.0.1%lo",), InnerAddress),
    Vector("http://inner.test/", ("2606:2800:21f::1%1",), InnerAddress),
)

MIXED = tuple(  # one inner answer among outer ones, at any place
    Vector("http://mixed.test:{port}/", answers, InnerAddress)
    for inner in ("127.0.0.1", "::1", "10.0.0.1", "::ffff:7f00:1", "169.254.169.254", "64:ff9b::7f00:1")
    for answers in ((OUTER_V4, inner), (inner, OUTER_V4), (OUTER_V4, OUTER_V6, inner), (*(OUTER_V4,) * 50, inner))
)

VECTORS = (
    *(Vector(f"http://{address}:{{port}}/", refused=InnerAddress) for address in INNER_V4),
    *(Vector(f"https://[{address}]:{{port}}/", refused=InnerAddress) for address in INNER_V6),
    *(Vector("http://inner.test:{port}/", (address,), InnerAddress) for address in (*INNER_V4, *INNER_V6)),
    *(Vector(f"http://{host}:{{port}}/") for host in DISGUISES),
    *(Vector(url) for url in WHOLE),
    *NAMED,
    *MIXED,
)
