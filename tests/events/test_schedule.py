"""When a delivery is tried again, and what a listener may ask for."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from spanco.events.rules.schedule import AT_MOST, WAITS, jittered, retry_after, wait_before_next

NOW = datetime(1994, 11, 6, 8, 49, 7, tzinfo=UTC)
HALF_A_MINUTE = timedelta(seconds=30)
CHANCES = some.floats(0, 1, exclude_max=True)


@given(some.lists(CHANCES, min_size=20, max_size=20))
def test_the_tries_of_a_delivery_span_three_days_whatever_chance_says(chances: list[float]) -> None:
    """Goal D2: at least 72 hours; and less than the five days after which its hub is given up."""
    waits = [wait_before_next(attempts, chance) for attempts, chance in enumerate(chances, 1)]
    left = [wait for wait in waits if wait is not None]
    assert len(left) + 1 == 15
    assert waits[len(left) :] == [None] * (20 - len(left))
    assert timedelta(hours=72) <= sum(left, timedelta(0)) < timedelta(days=5)


@given(CHANCES, some.integers(1, len(WAITS)))
def test_a_wait_is_jittered_by_a_fifth(chance: float, attempts: int) -> None:
    """Up or down, never more, and always in the range in which it grows."""
    wait = wait_before_next(attempts, chance)
    assert wait is not None
    assert 0.8 * WAITS[attempts - 1] <= wait <= 1.2 * WAITS[attempts - 1]


def test_waits_grow_from_five_seconds() -> None:
    """The first is short: most failures are over at once."""
    hours = [1, 2, 4, 8, 12, 16, 16, 16, 16]
    assert [wait.total_seconds() for wait in WAITS] == [5, 30, 120, 600, 1800, *(3600 * each for each in hours)]
    assert [jittered(WAITS[0], chance) for chance in (0, 0.5)] == [timedelta(seconds=4), timedelta(seconds=5)]


def test_a_failed_probe_waits_as_after_a_first_try() -> None:
    """It is not counted, so its delivery may have no tries yet."""
    assert wait_before_next(0, 0.5) == wait_before_next(1, 0.5) == WAITS[0]


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("30", HALF_A_MINUTE),
        (" 030 ", HALF_A_MINUTE),
        ("86400", AT_MOST),
        ("86401", AT_MOST),
        ("9" * 6000, AT_MOST),
        ("0" * 6000 + "30", HALF_A_MINUTE),
        ("Sun, 06 Nov 1994 08:49:37 GMT", HALF_A_MINUTE),
        ("Sunday, 06-Nov-94 08:49:37 GMT", HALF_A_MINUTE),
        ("Sun Nov  6 08:49:37 1994", HALF_A_MINUTE),
        ("Sun, 06 Nov 1994 09:49:37 +0100", HALF_A_MINUTE),
        ("Tue, 08 Nov 1994 08:49:37 GMT", AT_MOST),
        ("Fri, 31 Dec 9999 23:59:59 GMT", AT_MOST),
    ],
)
def test_a_listener_may_ask_to_be_left_alone(header: str, wait: timedelta) -> None:
    """RFC 9110, section 10.2.3: seconds, or a date in one of three forms; a day at most."""
    assert retry_after(header, NOW) == wait


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        "0",
        "000",
        "-5",
        "+5",
        "1.5",
        "1e3",
        "٣",
        "²",
        "soon",
        "Sun, 06 Nov 1994 08:49:07 GMT",
        "Sun, 06 Nov 1994 08:49:06 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:00:00 GMT",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +9999",
        "1994-11-06T08:49:37Z",
    ],
)
def test_nonsense_and_the_past_are_ignored(header: str | None) -> None:
    """A listener that asks for nothing sensible is tried again by the schedule."""
    assert retry_after(header, NOW) is None


@given(some.text(max_size=60) | some.text("0123456789 :,+-SunNovGMT", max_size=40))
def test_no_header_is_too_odd(header: str) -> None:
    """Whatever a listener says, it is never waited for longer than a day."""
    wait = retry_after(header, NOW)
    assert wait is None or timedelta(0) < wait <= AT_MOST


@given(some.integers(1, 86_400))
def test_dates_and_seconds_say_the_same(seconds: int) -> None:
    """The same wait in both spellings."""
    wait = timedelta(seconds=seconds)
    assert retry_after(format_datetime(NOW + wait, usegmt=True), NOW) == retry_after(str(seconds), NOW) == wait
