"""Capture in a real server: kills in the middle lose nothing that was accepted; and who asks, behind a proxy."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.rest.server import Server, fresh_database, ready, serving, started
from tests.sales.forms import form_body

OWN, LEADS = "/spanco/v1", "/tmf-api/sales/v4/salesLead"
NAMES = ("Marek Horák", "Jana Okafor", "Lena Brandt", "Tomasz Wilk", "Aino Salo", "Petra Vlk", "Omar Haddad")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    with fresh_database(tmp_path) as url:
        yield url


def made(server: Server, **others: Any) -> str:
    """The id of a new form that takes all that come."""
    limits = {"rateLimit": {"perMinute": 100_000, "perAddressPerMinute": 100_000}}
    answer = httpx.post(f"{server.url}{OWN}/form", json=form_body(**limits | others), timeout=60)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def posted(server: Server, form: str, place: str, receipts: list[str]) -> None:
    """Post one after the other until nobody answers; keep the receipts."""
    with httpx.Client(base_url=server.url, timeout=10) as client:
        for number in range(10_000):
            answers = {"person": NAMES[number % len(NAMES)], "email": f"{place}-{number}@site{number}.example"}
            try:
                answer = client.post(f"/form/{form}", json=answers | {"consent.privacy": True})
            except httpx.TransportError:
                return
            assert answer.status_code == 202
            receipts.append(answer.json()["id"])


def killed(server: Server) -> None:
    """End the server and its worker as the kernel does."""
    tasks = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    workers = [int(pid) for each in tasks for pid in each.read_text().split()]
    server.kill()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)


def all_of(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    """Every resource of a list, page by page."""
    found: list[dict[str, Any]] = []
    while page := client.get(path, params={"limit": 1000, "offset": len(found)}).json():
        found += page
    return found


def test_what_was_accepted_survives_kills_of_server_and_worker(tmp_path: Path, database: str) -> None:
    """Each receipt ends as exactly one outcome, and each outcome is a lead that is there."""
    receipts: list[str] = []
    form = ""
    for round_ in range(3):
        server = ready(started(tmp_path, database_url=database, worker="true"))
        form = form or made(server)
        threads = [
            threading.Thread(target=posted, args=(server, form, f"r{round_}t{each}", receipts)) for each in range(3)
        ]
        for thread in threads:
            thread.start()
        time.sleep(2.5 - round_)
        killed(server)
        for thread in threads:
            thread.join()
    assert len(receipts) > 20
    with (
        serving(tmp_path, database_url=database, worker="true") as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        until = time.monotonic() + 120
        while client.get(f"{OWN}/submission", params={"status": "waiting,held", "limit": 1}).json():
            assert time.monotonic() < until
            time.sleep(0.2)
        submissions, leads = all_of(client, f"{OWN}/submission"), all_of(client, LEADS)
    ended = {each["id"]: each for each in submissions}
    assert len(set(receipts)) == len(receipts)
    assert set(receipts) <= ended.keys()
    assert {each["status"] for each in submissions} <= {"created", "linked"}
    created = [each["lead"]["id"] for each in submissions if each["status"] == "created"]
    assert sorted(created) == sorted(each["id"] for each in leads)
    touches = sum(len(each["touch"]) for each in leads)
    assert touches == len(submissions)


@pytest.mark.parametrize(("proxies", "statuses"), [("[]", [202, 429]), ('["127.0.0.0/8"]', [202, 202])])
def test_a_proxy_is_believed_where_the_settings_name_it(
    tmp_path: Path, database: str, proxies: str, statuses: list[int]
) -> None:
    """Else anybody would be whom he says he is; the log has neither addresses nor what was posted."""
    with serving(tmp_path, database_url=database, worker="false", proxies=proxies, log_requests="true") as server:
        form = made(server, rateLimit={"perAddressPerMinute": 1})
        body = {"email": "canary@site.example", "consent.privacy": True}
        told = []
        for address in ("192.0.2.1", "192.0.2.2"):
            answer = httpx.post(
                f"{server.url}/form/{form}", json=body, headers={"x-forwarded-for": address}, timeout=60
            )
            told.append(answer.status_code)
        assert told == statuses
        httpx.get(f"{server.url}/form/confirm/canary-token", timeout=60)
        log = server.log.read_text()
    assert "startup complete" in log
    assert not {word for word in ("canary", "192.0.2") if word in log}
