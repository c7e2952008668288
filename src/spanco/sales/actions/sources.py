"""What a file is: told by what a job says of it, else by its first bytes; and the table in it."""

from pathlib import Path

from spanco.sales.actions.objects import open_documents, open_objects
from spanco.sales.actions.sheets import open_sheet
from spanco.sales.actions.tables import Table, UnreadableTable, open_table
from spanco.sales.rules.jobs import Wish

_TYPES = {
    "text/csv": "csv",
    "application/x-ndjson": "jsonlines",
    "application/jsonl": "jsonlines",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
_FOREIGN = {
    b"\x1f\x8b": "gzip",
    b"\xd0\xcf\x11\xe0": "a spreadsheet of the old .xls kind, or one with a password",
    b"%PDF": "PDF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
_ZIP = b"PK\x03\x04"
_MARK = b"\xef\xbb\xbf"


def format_of(head: bytes, media: str = "") -> str:
    """How a file is written, by its first bytes, else by its media type. Raises UnreadableTable for what is none."""
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise UnreadableTable(f"The file is {what}; send CSV, .xlsx or JSON lines.")
    if head.startswith(_ZIP):
        return "xlsx"
    if head.removeprefix(_MARK).lstrip().startswith(b"{"):
        return "jsonlines"
    found = _TYPES.get(media.partition(";")[0].strip().lower(), "csv")
    if found == "xlsx":
        raise UnreadableTable("The file is no spreadsheet of the .xlsx kind, although it was sent as one.")
    return found


def open_source(path: Path, wish: Wish) -> Table:
    """The table in a file, read as the job says. Raises UnreadableTable with a sentence that says what to do."""
    match wish.format:
        case "xlsx":
            return open_sheet(path, wish.sheet)
        case "jsonlines":
            return open_objects(path)
        case "document" | "tsm":
            return open_documents(path)
        case _:
            return open_table(path, encoding=wish.encoding or None, delimiter=wish.delimiter or None)
