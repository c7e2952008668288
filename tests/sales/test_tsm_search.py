"""What tSM asks selects the same leads in PostgreSQL as in memory."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from spanco.kernel.errors import BadParameter
from spanco.kernel.faces import asked
from spanco.kernel.query.ast import Condition, Function, Measure, Op
from spanco.kernel.query.match import matches
from spanco.kernel.query.sql import where
from spanco.kernel.wire import encode
from spanco.sales.rules.tsm import LEAD, shown, understood
from tests.sales.tsm_leads import CONDITIONS, FACES, KEPT, LEADS

Fetch = Callable[..., list[Any]]
BOTH = st.one_of(LEADS, FACES.map(lambda face: understood(face, None)))


@pytest.fixture(scope="module")
def fetch(database_url: str) -> Iterator[Fetch]:
    """Run a statement on one connection and return its rows."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(database_url, statement_cache_size=0))
        yield lambda statement, *values: runner.run(connection.fetch(statement, *values))
        runner.run(connection.close())


@example([{}], [Measure(Function.LENGTH, ("emails",), Op.EQ, 1)])
@given(st.lists(BOTH, min_size=3, max_size=10), st.lists(CONDITIONS, min_size=5, max_size=5))
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_postgresql_selects_the_leads_whose_faces_match(
    fetch: Fetch, leads: list[dict[str, Any]], conditions: list[Condition]
) -> None:
    """The condition on the faces in memory, and its translation on what is stored."""
    for condition in conditions:
        try:
            translated = asked(LEAD, condition)
        except BadParameter:
            continue
        values: list[object] = [
            [str(number) for number in range(len(leads))],
            [encode(each).decode() for each in leads],
        ]
        found = fetch(_statement(translated, values), *values)
        wanted = {str(number) for number, lead in enumerate(leads) if matches(condition, shown(lead))}
        assert {each["id"] for each in found} == wanted


def _statement(condition: Condition, values: list[object]) -> str:
    def bind(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    rows = "(select id, text::jsonb as document from unnest($1::text[], $2::text[]) as given (id, text)) as resource"
    return f"select id from {rows} where {where(condition, bind, KEPT.indexed)}"  # noqa: S608 - all values are bound
