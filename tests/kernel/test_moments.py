"""Date-times are read leniently and spelled in one way."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.kernel.moments import canonical, spell


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("2020-01-01", "2020-01-01T00:00:00.000Z"),
        ("2017-04-19T16:42:23-04:00", "2017-04-19T20:42:23.000Z"),
        ("2017-04-19T16:42:23.12345+0200", "2017-04-19T14:42:23.123Z"),
        ("2017-04-19 16:42:23,5z", "2017-04-19T16:42:23.500Z"),
        ("2017-04-19T16:42", "2017-04-19T16:42:00.000Z"),
        ("2017-04-19T16:42:23 04:00", "2017-04-19T12:42:23.000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ("0500-01-01", "0500-01-01T00:00:00.000Z"),
        ("0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.000Z"),
    ],
)
def test_a_readable_moment_is_spelled_canonically(text: str, spelled: str) -> None:
    """UTC, milliseconds, Z; a blank where an unencoded plus stood."""
    assert canonical(text) == spelled


@pytest.mark.parametrize(
    "text",
    ["", "x", "2020", "2020-13-01", "2020-02-30", "2020-01-01T25:00", "2020-01-01Tx", "2020-02-30T00:00:00.000Z"],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    """The checks then say so."""
    assert canonical(text) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_was_spelled_is_spelled_so_again(moment: datetime) -> None:
    """So it can be used as a filter."""
    assert canonical(spell(moment)) == spell(moment)


@given(st.datetimes(), st.integers(-1439, 1439))
def test_every_moment_of_every_offset_is_readable(moment: datetime, minutes: int) -> None:
    """Also at the ends of time, where UTC has no such year."""
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert canonical(aware.isoformat()) is not None
