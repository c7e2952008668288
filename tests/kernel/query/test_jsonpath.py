"""The `filter` parameter: what each expression means, and what is refused at which place."""

from decimal import Decimal

import pytest

from spanco.kernel.errors import BadParameter
from spanco.kernel.query.ast import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Element,
    Exists,
    Function,
    Like,
    Literal,
    Measure,
    Not,
    Op,
)
from spanco.kernel.query.jsonpath import parse


def is_(value: Literal, *path: str) -> Compare:
    """Equality of a path."""
    return Compare(path, Op.EQ, value)


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("$[?(@.a=='x')]", is_("x", "a")),
        ("[?(@.a=='x')]", is_("x", "a")),
        ("[?@.a=='x']", is_("x", "a")),
        ("[?(a=='x')]", is_("x", "a")),
        ("$[?($.a=='x')]", is_("x", "a")),
        ("$[*][?(@a=='x')]", is_("x", "a")),
        ("  a  ==  'x'  ", is_("x", "a")),
        ("@.a=='x'", is_("x", "a")),
        ("$a=='x'", is_("x", "a")),
        ("$['a']==\"x\"", is_("x", "a")),
        ("'x'==a", is_("x", "a")),
        ("a.b[*].c==1", is_(1, "a", "b", "c")),
        ("a[*]==1", is_(1, "a")),
        ("$[?(@.a==1)].b", AllOf((is_(1, "a"), Exists(("b",))))),
        ("a[?(@size==300)]", Element(("a",), is_(300, "size"))),
        ("a[?(@['b c']==1)]", Element(("a",), is_(1, "b c"))),
        ("a.b[?(@.x=='y' && @.z>5)]", Element(("a", "b"), AllOf((is_("y", "x"), Compare(("z",), Op.GT, 5))))),
        (
            "a[?(@.x==1)].b[?(@>3)]",
            Element(("a",), AllOf((is_(1, "x"), Element(("b",), Compare((), Op.GT, 3))))),
        ),
        ("a[?(@.x==1)].b==2", Element(("a",), AllOf((is_(1, "x"), is_(2, "b"))))),
        ("a[?(@.x==1)][?(@.y==2)]", Element(("a",), AllOf((is_(1, "x"), Element((), is_(2, "y")))))),
        ("a[?(@.b[?(@.c==1)])]", Element(("a",), Element(("b",), is_(1, "c")))),
        ("a", Exists(("a",))),
        ("$", Exists(())),
        ("@", Exists(())),
        ("a[*]", Element(("a",), EVERYTHING)),
        ("!a", Not(Exists(("a",)))),
        ("a!=1", Not(is_(1, "a"))),
        ("!(a==1 || b==2)", Not(AnyOf((is_(1, "a"), is_(2, "b"))))),
        ("a==1 || b==2 && c==3", AnyOf((is_(1, "a"), AllOf((is_(2, "b"), is_(3, "c")))))),
        ("(a==1 || b==2) && c==3", AllOf((AnyOf((is_(1, "a"), is_(2, "b"))), is_(3, "c")))),
        ("a>1", Compare(("a",), Op.GT, 1)),
        ("a>=1", Compare(("a",), Op.GTE, 1)),
        ("a<1", Compare(("a",), Op.LT, 1)),
        ("a<=1", Compare(("a",), Op.LTE, 1)),
        ("1<a", Compare(("a",), Op.GT, 1)),
        ("1>=a", Compare(("a",), Op.LTE, 1)),
        ("1!=a", Not(is_(1, "a"))),
        ("a==-1.50", is_(Decimal("-1.5"), "a")),
        ("a==1e3", is_(Decimal(1000), "a")),
        ("a==null", is_(None, "a")),
        ("a.true=='x'", is_("x", "a", "true")),
        ("nullable=='x'", is_("x", "nullable")),
        ("a=~/^x/", Like(("a",), "^x")),
        ("a =~ /^x/i", Like(("a",), "^x", ignore_case=True)),
        (r"a=~/x\/y/s", Like(("a",), r"x\/y")),
        ("a=~'^x'", Like(("a",), "^x")),
        ("a=~''", Like(("a",), "")),
        ("[?(@type=='x')]", is_("x", "@type")),
        ("[?(@.type=='x')]", is_("x", "type")),
        ("[?(@types=='x')]", is_("x", "types")),
        ("$.@type=='x'", is_("x", "@type")),
        ("@baseType=='x'", is_("x", "@baseType")),
        ("href=='/b/7'", is_("7", "id")),
        ("href", Exists(("id",))),
        (r"a=='\u00e9\ud83d\ude00\n\'\"\/\x'", is_("é\U0001f600\n'\"/x", "a")),
        ("a.length()>2", Measure(Function.LENGTH, ("a",), Op.GT, 2)),
        ("length(a)>=2", Measure(Function.LENGTH, ("a",), Op.GTE, 2)),
        ("2<a.length()", Measure(Function.LENGTH, ("a",), Op.GT, 2)),
        ("a.length()!=2", Not(Measure(Function.LENGTH, ("a",), Op.EQ, 2))),
        ("a[*].length()==2", Element(("a",), Measure(Function.LENGTH, (), Op.EQ, 2))),
        ("a[*].b.min()==2.5", Measure(Function.MIN, ("a", "b"), Op.EQ, Decimal("2.5"))),
        ("max(a[*])==2", Measure(Function.MAX, ("a",), Op.EQ, 2)),
        ("avg($.a)==2", Measure(Function.AVG, ("a",), Op.EQ, 2)),
        ("[?(@.a.stddev()<1)]", Measure(Function.STDDEV, ("a",), Op.LT, 1)),
        (
            "a[?(@.x)].b.length()>3",
            Element(("a",), AllOf((Exists(("x",)), Measure(Function.LENGTH, ("b",), Op.GT, 3)))),
        ),
        ("a.length==3", is_(3, "a", "length")),
        (
            "a=='2026-01-31T10:00:00+01:00'",
            AnyOf((is_("2026-01-31T10:00:00+01:00", "a"), is_("2026-01-31T09:00:00.000Z", "a"))),
        ),
        ("a>'2026-01-31T10:00:00+01:00'", Compare(("a",), Op.GT, "2026-01-31T09:00:00.000Z")),
        ("'2026-01-31T10:00:00+01:00'<a", Compare(("a",), Op.GT, "2026-01-31T09:00:00.000Z")),
    ],
)
def test_an_expression_means_this(expression: str, condition: Condition) -> None:
    """One row for each rule of the grammar."""
    assert parse(expression) == condition


@pytest.mark.parametrize(("expression", "value"), [("a==true", True), ("a==false", False), ("a==1", 1), ("a==0", 0)])
def test_booleans_are_no_numbers(expression: str, value: Literal) -> None:
    """Python takes them for equal."""
    found = parse(expression)
    assert isinstance(found, Compare)
    assert found.value is value


@pytest.mark.parametrize(
    ("expression", "position"),
    [
        ("", 1),
        ("a == b", 7),
        ("a = 1", 3),
        ("a === 1", 5),
        ("a <> 1", 4),
        ("a in 1", 3),
        ("a==1 extra", 6),
        ("a==", 4),
        ("a==x'", 5),
        ("a=='x", 4),
        ("a==01", 4),
        ("a==1e9999", 4),
        ("a==1.5.2", 4),
        ("1", 2),
        ("'a'=='a'", 9),
        ("true==true", 11),
        ("(a==1", 6),
        ("a==1)", 5),
        ("a[0]==1", 3),
        ("a['b'", 6),
        ("a[", 3),
        ("a[?(", 5),
        ("a[?(@.b)", 9),
        ("a..b", 3),
        ("a.*", 3),
        ("a.max()", 8),
        ("a.max(1)", 7),
        ("max(a", 6),
        ("max(1)", 6),
        ("max(a.min())", 12),
        ("foo(a)", 7),
        ("a.foo()", 8),
        ("a.max()=='x'", 13),
        ("a.max()==true", 14),
        ("a.max()==null", 14),
        ("a.max()==b", 11),
        ("a.max()=~'x'", 13),
        ("'a'=~'x'", 9),
        ("a=~b", 4),
        ("a=~/x", 4),
        ("a=~/x/g", 8),
        ("a=~/(/", 4),
        ("a=~'('", 4),
        ("a[?($.x)]", 6),
        ("a[?(@.b)].max()==1", 16),
        ("a[?(@.b)].length()==1", 19),
        ("a[?(@.b)].c.max()==1", 18),
        (r"a=='\ud800'", 4),
        (r"a=='\u0000'", 4),
        ("a=='\0'", 1),
        ("a=='\ud800'", 1),
        ("a=='" + "x" * 2000 + "'", 1),
        ("!" * 33 + "a", 34),
        ("(" * 33 + "a", 34),
        ("a[?(" * 17 + "@", 68),
        ("a" + "||a" * 50, 151),
        ("a" + ".a" * 20, 42),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_position(expression: str, position: int) -> None:
    """The sentence says what should stand there."""
    with pytest.raises(BadParameter) as refused:
        parse(expression)
    assert refused.value.where == "filter"
    assert f"(At position {position}, " in str(refused.value)


@pytest.mark.parametrize("expression", ["a" + "||a" * 49, "a" + ".a" * 19, "!" * 32 + "a", "(" * 32 + "a" + ")" * 32])
def test_what_just_fits_is_read(expression: str) -> None:
    """The limits themselves are allowed."""
    parse(expression)


def test_a_refusal_names_the_parameter_that_was_read() -> None:
    """The hub reads expressions too."""
    with pytest.raises(BadParameter, match="Parameter 'query'") as refused:
        parse("a==", "query")
    assert refused.value.where == "query"


def test_only_equality_can_be_asked_of_href() -> None:
    """It follows a changed base path."""
    for expression in ("href>'x'", "href=~'x'", "href[?(@=='x')]", "href.length()>1"):
        with pytest.raises(BadParameter, match="Only equality"):
            parse(expression)
