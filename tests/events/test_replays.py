"""What an order to replay must say, and what it means when it says no more."""

from typing import Any

import pytest

from spanco.apis import own
from spanco.events.replays import ready
from spanco.kernel.errors import BadBody
from spanco.kernel.openapi import load

REPLAY = next(load(each) for each in own() if each["x-spanco-key"] == "spanco").resources["replay"]
HUB, EVENT, LETTER = {"id": "h1"}, [{"eventId": "e1"}], [{"id": "h1.7"}]
EARLY, LATE = "2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z"


@pytest.mark.parametrize(
    ("order", "only"),
    [
        ({"hub": HUB}, "deadLetter"),
        ({"deadLetter": LETTER}, "deadLetter"),
        ({"event": EVENT}, "all"),
        ({"event": EVENT, "hub": HUB, "only": "deadLetter"}, "deadLetter"),
        ({"from": EARLY}, "deadLetter"),
        ({"to": LATE, "only": "all"}, "all"),
        ({"from": EARLY, "to": LATE, "hub": HUB}, "deadLetter"),
        ({"from": EARLY, "to": EARLY}, "deadLetter"),
    ],
)
def test_an_order_says_of_what(order: dict[str, Any], only: str) -> None:
    """Without more it is of dead letters; chosen events are sent in any case."""
    assert ready(REPLAY, order, None) == {"only": only, **order}


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"only": "all"},
        {"event": [], "deadLetter": []},
        {"from": LATE, "to": EARLY},
        {"deadLetter": LETTER, "event": EVENT},
        {"deadLetter": LETTER, "only": "all"},
    ],
)
def test_an_order_that_says_nothing_or_too_much_is_refused(order: dict[str, Any]) -> None:
    """With a sentence."""
    with pytest.raises(BadBody):
        ready(REPLAY, order, None)


def test_what_a_worker_says_of_it_is_not_an_order() -> None:
    """A change of the task is taken as it is."""
    assert ready(REPLAY, {"status": "done"}, {"status": "inProgress"}) == {"status": "done"}
