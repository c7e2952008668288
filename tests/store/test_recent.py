"""What was read a moment ago may be used again, never for long, and not while this process writes."""

import asyncio

import pytest

from spanco.store import recent
from spanco.store.recent import Recent


async def test_an_answer_is_kept_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is an answer too; each tenant has its own."""
    monkeypatch.setattr(recent, "_SECONDS", 0.02)
    kept = Recent()
    kept.put("t", "q", None)
    assert kept.get("t", "q") == (None,)
    assert kept.get("other", "q") is None
    await asyncio.sleep(0.03)
    assert kept.get("t", "q") is None


async def test_what_this_process_writes_is_read_anew_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody read before the end of the transaction is not kept."""
    monkeypatch.setattr(recent, "_UNCERTAIN_SECONDS", 0.02)
    kept = Recent()
    kept.put("t", "q", 1)
    kept.forget("t")
    kept.put("t", "q", 1)
    assert kept.get("t", "q") is None
    await asyncio.sleep(0.03)
    kept.put("t", "q", 2)
    assert kept.get("t", "q") == (2,)


def test_it_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many tenants ask however much."""
    monkeypatch.setattr(recent, "_MOST_TENANTS", 3)
    monkeypatch.setattr(recent, "_MOST_ANSWERS", 3)
    kept = Recent()
    for each in range(10):
        kept.put("t", each, each)
        kept.put(f"t{each}", "q", each)
        assert kept.get("t", each) is None or kept.get("t", each) == (each,)
    assert sum(len(answers) for answers in vars(kept)["_kept"].values()) <= 9
    monkeypatch.setattr(recent, "_UNCERTAIN_SECONDS", 0.0)
    for each in range(10):
        kept.forget(f"t{each}")
    assert len(vars(kept)["_uncertain"]) <= 4
