"""Posts to a form as fast as it takes them, in a process: `python -m bench.flood PORT FORM COUNT CLIENTS FILE`.

The file gets one line per post: the status, and the number on its receipt.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from spanco.kernel.wire import decode_document

_SYLLABLES = ("ka", "ro", "mi", "len", "tor", "va", "shi", "dun", "pel", "os", "ur", "bek", "nia", "gol", "fe", "zam")


def name(number: int) -> str:
    """A name that no other number has, of the kind that people have."""
    parts = [_SYLLABLES[number >> shift & 15] for shift in (0, 4, 8, 12)]
    return f"{''.join(parts[:2]).title()} {''.join(parts[2:] + parts[:1]).title()}"


def _request(form: str, number: int) -> bytes:
    answers = {"name": name(number), "email": f"{name(number).replace(' ', '.').lower()}@inbox{number}.example"}
    body = urlencode(answers | {"wish": f"Fibre for site {number}", "consent.news": "on"}).encode()
    head = (
        f"POST /form/{form}?utm_source=flood HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n"
        f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _client(port: int, form: str, numbers: Iterator[int], told: list[str]) -> None:
    """One connection: the next post as soon as the one before is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in numbers:
        writer.write(_request(form, number))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        document = decode_document(await reader.readexactly(length))
        told.append(f"{head[9:12].decode()} {document.get('id', '')}")
    writer.close()


async def flooded(port: int, form: str, count: int, clients: int) -> list[str]:
    """Statuses and receipts of so many posts."""
    told: list[str] = []
    numbers = iter(range(count))
    await asyncio.gather(*(_client(port, form, numbers, told) for _ in range(clients)))
    return told


if __name__ == "__main__":
    _port, _form, _count, _clients, _file = sys.argv[1:]
    _told = asyncio.run(flooded(int(_port), _form, int(_count), int(_clients)))
    Path(_file).write_text("\n".join(_told), encoding="utf-8")
