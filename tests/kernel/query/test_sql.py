"""Conditions as SQL: which columns and indexes answer them, and that no value is ever part of the statement."""

from collections.abc import Callable
from typing import Any

import pytest

from spanco.kernel.query import jsonpath
from spanco.kernel.query.ast import NOTHING, Compare, Condition, Element, Exists, Not, Op
from spanco.kernel.query.params import parse_query
from spanco.kernel.query.sql import selective, where

INDEXED = ("status", "it's")
Fetch = Callable[..., list[Any]]


def compiled(condition: Condition) -> tuple[str, list[object]]:
    """The SQL of a condition and its values."""
    values: list[object] = []

    def bind(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    return where(condition, bind, INDEXED), values


def query(text: str) -> Condition:
    """What a query string asks for."""
    return parse_query(text.encode())[1]


STATUS = "(document->>'status') collate \"C\""


@pytest.mark.parametrize(
    ("condition", "sql", "values"),
    [
        (query("a=x"), "document @@ $1::jsonpath", ['$."a" == "x"']),
        (query("a=x&b>y"), "document @@ $1::jsonpath", ['($."a" == "x") && ($."b" > "y")']),
        (query("id=x"), "id = $1::text", ["x"]),
        (query("id=x,5"), "(id = any($1::text[]))", [["x", "5"]]),
        (query("id>x"), "id > $1::text", ["x"]),
        (Compare(("id",), Op.EQ, 5), "false", []),
        (query("href=/a/x"), "id = $1::text", ["x"]),
        (query("id=~x"), "jsonb_build_object('id', id) @@ $1::jsonpath", ['$."id" like_regex "x" flag "s"']),
        (query("status=x"), f"{STATUS} = $1::text", ["x"]),
        (query("status=x,y"), f"({STATUS} = any($1::text[]))", [["x", "y"]]),
        (query("status!=x"), f"not coalesce({STATUS} = $1::text, false)", ["x"]),
        (query("status>x&a=y"), f"(document @@ $1::jsonpath and {STATUS} > $2::text)", ['$."a" == "y"', "x"]),
        (Compare(("status",), Op.EQ, None), "document @@ $1::jsonpath", ['$."status" == null']),
        (Compare(("it's",), Op.EQ, "x"), "(document->>'it''s') collate \"C\" = $1::text", ["x"]),
        (query("status.x=y"), "document @@ $1::jsonpath", ['$."status"."x" == "y"']),
    ],
)
def test_a_condition_becomes_this_sql(condition: Condition, sql: str, values: list[object]) -> None:
    """Columns where there are columns, else one jsonpath."""
    assert compiled(condition) == (sql, values)


HOSTILE = "'; drop table resource; -- \" \\ $1 \u2028 \x7f"


def test_no_value_becomes_part_of_the_statement(fetch: Fetch) -> None:
    """Names and values of a client are in parameters, in jsonpath as escaped text."""
    for condition in (Compare((HOSTILE,), Op.EQ, HOSTILE), Element((HOSTILE,), Exists((HOSTILE,)))):
        sql, values = compiled(condition)
        assert "drop" not in sql
        statement = f"select ({sql}) as answer from (select '1' as id, '{{}}'::jsonb as document) as resource"  # noqa: S608
        assert fetch(statement, *values)[0]["answer"] is False


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (query("a=x"), True),
        (query("a=x&b>y"), True),
        (query("a=x,y"), True),
        (query("a.b=x"), True),
        (query("a>x"), False),
        (query("a!=x"), False),
        (query("a=~x"), False),
        (query("id=x"), False),
        (query("status=x"), False),
        (query("status=x&a=5"), True),
        (query(""), False),
        (NOTHING, False),
        (Not(Not(query("a=x"))), True),
        (Compare((), Op.EQ, "x"), False),
        (jsonpath.parse("a==1 || b>1"), False),
        (jsonpath.parse("a[?(@.b==1)]"), True),
        (jsonpath.parse("a[?(@.b==1 && @.c>1)]"), True),
        (jsonpath.parse("a[?(@.b==1 || @.c>1)]"), False),
        (jsonpath.parse("a[?(@.b[?(@.c==1)])]"), True),
        (jsonpath.parse("a[?(@.b>1)]"), False),
        (jsonpath.parse("a[?(@.b)]"), False),
        (jsonpath.parse("a[?(@.b==1 && @.c.length()>1)]"), False),
        (jsonpath.parse("status[?(@=='x')]"), False),
        (Element(("a",), NOTHING), False),
    ],
)
def test_an_equality_that_the_index_answers_is_selective(condition: Condition, *, expected: bool) -> None:
    """Equality of a path that has no index of its own, alone or joined with and."""
    assert selective(condition, INDEXED) is expected


@pytest.fixture(scope="module")
def table(fetch: Fetch) -> Fetch:
    """A table of 5,000 documents with the indexes of the store."""
    for statement in (
        'create temp table resource (id text collate "C" primary key, document jsonb not null)',
        """
        insert into resource select n::text, jsonb_build_object(
            'name', 'n' || n, 'status', 's' || n % 1000, 'pad', repeat('x', 200),
            'a', jsonb_build_array(jsonb_build_object('b', n % 1000, 'c', n % 7)))
        from generate_series(1, 5000) as n
        """,
        "create index by_equality on resource using gin (document jsonb_path_ops)",
        "create index by_status on resource (((document->>'status') collate \"C\"))",
        "analyze resource",
    ):
        fetch(statement)
    return fetch


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("condition", "index", "count"),
    [
        (query("name=n7"), "by_equality", 1),
        (query("a.b=7"), "by_equality", 5),
        (jsonpath.parse("a[?(@.b==7 && @.c==0)]"), "by_equality", 1),
        (query("a.b=7&status!=s1"), "by_equality", 5),
        (query("status=s7"), "by_status", 5),
        (query("status=s7,s8"), "by_status", 10),
        (query("status>s998;status<s9990"), "by_status", 5),
        (query("id=7,8"), "resource_pkey", 2),
    ],
)
def test_the_index_is_used(table: Fetch, mode: str, condition: Condition, index: str, count: int) -> None:
    """With the values known, and without."""
    sql, values = compiled(condition)
    table(f"set plan_cache_mode = {mode}")
    plan = "\n".join(row[0] for row in table(f"explain select id from resource where {sql}", *values))  # noqa: S608
    assert index in plan
    assert len(table(f"select id from resource where {sql}", *values)) == count  # noqa: S608
