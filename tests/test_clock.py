"""Moments and identifiers."""

import uuid

from spanco import clock


def test_the_present_is_utc_and_cut_to_milliseconds() -> None:
    """What is stored equals what is answered."""
    moment = clock.now()
    assert str(moment.tzinfo) == "UTC"
    assert moment.microsecond % 1000 == 0


def test_identifiers_are_uuids_of_version_7_that_sort_as_they_were_made() -> None:
    """Also the thousands that are made within one millisecond."""
    made = [clock.new_id() for _ in range(20_000)]
    assert made == sorted(set(made))
    assert {uuid.UUID(each).version for each in made} == {7}
    assert {uuid.UUID(each).variant for each in made} == {uuid.RFC_4122}
