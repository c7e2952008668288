"""The policy table: every cell of the default one, what is seen of one's own, and files that replace it."""

import re
import timeit
from pathlib import Path

import pytest

from spanco.access.actor import ANONYMOUS, Actor
from spanco.access.errors import Forbidden
from spanco.access.grants import DEFAULT, VERBS, Grant, Verb
from spanco.access.policy import BadPolicy, Policy, load, parse
from spanco.kernel.query.ast import EVERYTHING, Compare, Condition, Element, Op

ROOT = Path(__file__).parents[2]

# One line per role; under each verb what it may: (everywhere), (sales) only, (own) rows of sales only, or nothing (-).
CELLS = """
role         read   create update delete import subscribe
admin        all    all    all    all    all    all
sales        sales  sales  sales  -      -      -
marketing    sales  sales  -      -      -      -
integration  all    all    all    -      -      all
auditor      all    -      -      -      -      -
importer     sales  sales  -      -      sales  -
partner      own    -      -      -      -      -
nobody       -      -      -      -      -      -
"""


def cells() -> list[tuple[str, Verb, str, str]]:
    """(role, verb, kind, what is expected there) of every cell, for a kind inside and one outside of sales."""
    _, *lines = CELLS.strip().splitlines()
    found: list[tuple[str, Verb, str, str]] = []
    for line in lines:
        role, *marks = line.split()
        for verb, mark in zip(VERBS, marks, strict=True):
            found.append((role, verb, "sales.salesLead", {"sales": "all"}.get(mark, mark)))
            found.append((role, verb, "party.individual", {"all": "all"}.get(mark, "-")))
    return found


def actor(*roles: str, subject: str = "ann") -> Actor:
    """A caller with these roles."""
    return Actor("north", subject, frozenset(roles))


def own(subject: str) -> Condition:
    """The rows that name this subject as a related party."""
    return Element(("relatedParty",), Compare(("id",), Op.EQ, subject))


@pytest.mark.parametrize(("role", "verb", "kind", "expected"), cells())
def test_every_cell_of_the_default_table_holds(role: str, verb: Verb, kind: str, expected: str) -> None:
    """The policy answers each role, verb and kind as the table above says, and the same when asked again."""
    policy = Policy()
    for _ in range(2):
        if expected == "-":
            with pytest.raises(Forbidden):
                policy.allow(actor(role), verb, kind)
        else:
            assert policy.allow(actor(role), verb, kind) == (EVERYTHING if expected == "all" else own("ann"))


def test_the_table_above_names_every_role_of_the_default_policy() -> None:
    """A new role cannot come without its cells."""
    assert {role for role, *_ in cells()} == Policy().roles | {"nobody"}


def test_anonymous_may_do_everything_in_the_default_tenant() -> None:
    """Where there is no authentication, whoever asks is the administrator of the one tenant."""
    assert (ANONYMOUS.tenant, ANONYMOUS.subject) == ("default", "anonymous")
    assert all(Policy().allow(ANONYMOUS, verb, "sales.salesLead") == EVERYTHING for verb in VERBS)


def test_roles_add_up_and_the_wider_sight_wins() -> None:
    """A partner who also sells sees all rows, in whichever order the grants stand."""
    assert Policy().allow(actor("partner", "sales"), "read", "sales.salesLead") == EVERYTHING
    assert Policy(reversed(DEFAULT)).allow(actor("partner", "sales"), "read", "sales.salesLead") == EVERYTHING


def test_decisions_are_kept_by_role_but_own_rows_belong_to_each_subject() -> None:
    """The second partner does not see the rows of the first one."""
    policy = Policy()
    assert policy.allow(actor("partner", subject="ann"), "read", "sales.salesLead") == own("ann")
    assert policy.allow(actor("partner", subject="bob"), "read", "sales.salesLead") == own("bob")


def test_a_pattern_covers_whole_names_only() -> None:
    """`sales.*` says nothing of `salesforce.lead`, and one exact kind nothing of a longer one."""
    policy = Policy([Grant("clerk", ("sales.*", "party.individual"), ("read",))])
    for kind in ("salesforce.lead", "party.individualOther", "party"):
        with pytest.raises(Forbidden):
            policy.allow(actor("clerk"), "read", kind)
    assert policy.allow(actor("clerk"), "read", "party.individual") == EVERYTHING


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        (("auditor",), "Role 'auditor' may not delete sales.salesLead. Roles that may: admin."),
        (("sales", "auditor"), "Role 'auditor' or 'sales' may not delete sales.salesLead. Roles that may: admin."),
        (("stranger",), "A caller without a role that this server knows may not delete sales.salesLead."),
    ],
)
def test_a_refusal_says_who_may_not_do_what_and_who_may(roles: tuple[str, ...], sentence: str) -> None:
    """The sentence names the roles, the verb, the kind and the way out."""
    with pytest.raises(Forbidden) as refusal:
        Policy().allow(actor(*roles), "delete", "sales.salesLead")
    assert str(refusal.value).startswith(sentence)


def test_a_refusal_says_when_nobody_may() -> None:
    """With a policy that grants a verb to no role there is no way out to name."""
    with pytest.raises(Forbidden, match=r"No role may\.$"):
        Policy([Grant("clerk", ("*",), ("read",))]).allow(actor("clerk"), "delete", "sales.salesLead")


def test_kept_decisions_stay_bounded() -> None:
    """However many kinds are asked about, the table of decisions starts over before it grows without end."""
    policy = Policy()
    clerk = actor("auditor")
    for number in range(10_050):
        assert policy.allow(clerk, "read", f"some.kind{number}") == EVERYTHING
    assert len(policy._decided) <= 10_000  # noqa: SLF001  # nothing public shows the bound


def test_a_kept_decision_costs_about_a_microsecond_at_most() -> None:
    """The policy stands on every request; the bound here is wide, for slow machines."""
    policy, clerk = Policy(), actor("sales", "auditor")
    best = min(timeit.repeat(lambda: policy.allow(clerk, "read", "sales.salesLead"), number=10_000, repeat=5)) / 10_000
    assert best < 5e-6


def test_without_a_file_the_default_policy_holds() -> None:
    """`load(None)` is the table of the code."""
    assert load(None).grants == DEFAULT


def test_the_documented_policy_file_is_the_default_policy() -> None:
    """What docs/access.md shows to copy and change is what holds before any change."""
    text = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert parse(block) == DEFAULT


def test_a_policy_file_replaces_the_default_table(tmp_path: Path) -> None:
    """Roles of the default table that the file does not name may do nothing."""
    file = tmp_path / "policy.toml"
    file.write_text(
        '[[grant]]\nrole = "clerk"\nresources = ["sales.*"]\nverbs = ["update", "read"]\n', encoding="utf-8"
    )
    policy = load(file)
    assert policy.roles == {"clerk"}
    assert policy.grants == (Grant("clerk", ("sales.*",), ("read", "update")),)
    with pytest.raises(Forbidden):
        policy.allow(ANONYMOUS, "read", "sales.salesLead")


def row(**changes: str) -> str:
    """A good grant in TOML, but for what is changed."""
    values = {"role": '"clerk"', "resources": '["*"]', "verbs": '["read"]'} | changes
    return "[[grant]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[grant", "It is not TOML"),
        ("", "It grants nothing"),
        ("grant = 3", "It grants nothing"),
        ("grant = [1]", "It grants nothing"),
        ("deny = 1\n" + row(), "It has 'deny'; only [[grant]] tables"),
        (row() + row(rolle='"x"'), "Grant 2 has 'rolle'; it may have 'role', 'resources', 'verbs', 'sees'."),
        (row(role=""), "Grant 1: 'role' must be a name such as 'sales', not None."),
        (row(role='"two words"'), "'role' must be a name"),
        (row(resources='["sales"]'), "'sales' names no resource; write '*', 'sales.*'"),
        (row(resources='["sales.*", "*.lead"]'), "'*.lead' names no resource"),
        (row(resources='"*"'), "'resources' must be a list of at least one name, not '*'."),
        (row(verbs="[]"), "'verbs' must be a list of at least one name"),
        (row(verbs='["read", 3]'), "'verbs' must be a list of at least one name"),
        (row(verbs='["write"]'), "'write' is no verb; the verbs are 'read', 'create'"),
        (row(sees='"mine"'), "'sees' must be 'all' or 'own', not 'mine'."),
        (row(sees='["own"]'), "'sees' must be 'all' or 'own'"),
    ],
)
def test_a_bad_policy_file_is_refused_with_the_place_and_the_remedy(tmp_path: Path, text: str, words: str) -> None:
    """The message names the file, the grant and what may stand there."""
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadPolicy) as refusal:
        load(file)
    assert str(file) in str(refusal.value)
    assert words in str(refusal.value)


def test_a_policy_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    """A file that cannot be read never means the default policy."""
    with pytest.raises(BadPolicy, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadPolicy, match="cannot be used"):
        load(tmp_path / "bytes.toml")
