"""Mappings proposed for a table alone: by names in several languages and by what is in the cells."""

import csv
import os
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from spanco.sales.rules.mapping import LINE, Mapped, Refusal, apply, told_in, understood
from spanco.sales.rules.proposing import Proposal, propose
from spanco.sales.rules.samples import Sampled, look, plain
from spanco.sales.rules.spelling import as_toml

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SPANCO_SHARED", ROOT.parent / "shared")) / "data"
needs_real_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real files are not at {DATA}")


def proposed(text: str, resource: str = "salesLead", delimiter: str = ",") -> Proposal:
    """What is proposed for a small table."""
    header, *rows = list(csv.reader(text.strip().splitlines(), delimiter=delimiter))
    columns = [Sampled(name, tuple(row[place] for row in rows)) for place, name in enumerate(header)]
    proposal = propose(resource, "test", columns)
    understood(proposal.mapping)
    return proposal


def targets(proposal: Proposal) -> dict[str, str]:
    """What each column becomes."""
    return {each.column: each.target for each in proposal.reasons}


def test_names_in_many_languages_are_understood() -> None:
    """German and Czech heads, their dates and their numbers."""
    german = proposed(
        "Nummer;Firma;Vorname;Nachname;E-Mail;Telefon;Straße;PLZ;Ort;Umsatz;Währung;Quelle;Status;Angelegt am;Notiz\n"
        "1;Müller & Söhne;Eva;Groß;eva@m.de;+49 30 123456;Weg 1;10115;Berlin;1.234,50;EUR;Messe;Neu;31.12.2025;-\n"
        "2;Bäcker Kamps;Jan;Huber;jan@k.de;+49 40 765432;Weg 2;20095;Hamburg;99,00;EUR;Web;Gewonnen;01.02.2026;Anruf\n",
        delimiter=";",
    )
    found = targets(german)
    assert found["Firma"] == "relatedParty[role=prospect].name"
    assert found["Vorname"] == found["Nachname"] == "relatedParty[role=contact].name"
    assert found["E-Mail"] == "prospectContact[mediumType=email].characteristic.emailAddress"
    assert found["Telefon"] == "prospectContact[mediumType=phone].characteristic.phoneNumber"
    assert found["PLZ"].endswith("postCode")
    assert german.mapping["attributes"]["estimatedRevenue.value"]["number"] == {"decimal": ",", "group": "."}
    assert german.mapping["attributes"]["estimatedRevenue.unit"] == "Währung"
    assert german.mapping["state"] == {
        "column": "Status",
        "values": {"Neu": "acknowledged", "Gewonnen": "accepted"},
        "created": "Angelegt am",
        "changed": ["Angelegt am"],
        "date": ["%d.%m.%Y"],
    }
    czech = proposed("číslo,název,stav,zdroj\n1,Optika pro školu,nový,web\n2,Linka,vyhráno,veletrh\n")
    assert czech.mapping["attributes"]["name"] == "název"
    assert czech.mapping["state"]["values"] == {"nový": "acknowledged", "vyhráno": "accepted"}


def test_a_name_is_not_enough_where_the_cells_do_not_fit() -> None:
    """An e-mail column of yes and no is no address, an amount of words none; addresses are known by their looks."""
    found = proposed("id,Do Not Email,amount,reach\n1,Yes,much,a@b.cz\n2,No,little,c@d.cz\n")
    assert targets(found)["Do Not Email"] == 'characteristic[name="Do Not Email"].value'
    assert targets(found)["amount"] == "characteristic"
    assert targets(found)["reach"].endswith("emailAddress")
    assert found.mapping["attributes"]['characteristic[name="Do Not Email"].value']["values"] == {
        "Yes": True,
        "No": False,
    }


def test_every_table_has_a_key_and_a_name() -> None:
    """The column that is called like one; an address; else the line."""
    assert proposed("Lead Number,x\n7,a\n8,b\n").mapping["key"] == ["Lead Number"]
    assert proposed("mail,x\na@b.cz,1\nc@d.cz,1\n").mapping["key"] == ["mail"]
    lines = proposed("account,x\nBakery,red\nBakery,red\n")
    assert lines.mapping["key"] == [LINE]
    assert lines.mapping["attributes"]["name"] == {"template": ["{account}"]}
    row = apply(understood(lines.mapping), {"account": "Bakery", "x": "red"}, 3)
    assert isinstance(row, Mapped)
    assert (row.key, row.document["characteristic"]) == ("3", [{"name": "x", "value": "red"}])
    nameless = understood(proposed("x\nred\nred\n").mapping)
    kept, nothing = apply(nameless, {"x": "red"}, 2), apply(nameless, {"x": " "}, 3)
    assert isinstance(kept, Mapped)
    assert kept.document == {"characteristic": [{"name": "x", "value": "red"}]}
    assert isinstance(nothing, Refusal)
    numbered = proposed("id,x\n1,red\n2,red\n", "salesOpportunity").mapping["attributes"]["name"]
    assert numbered == {"template": ["Opportunity {id}"]}


def test_parties_products_and_money_of_an_opportunity() -> None:
    """The customer, who sells, the contact, the product as an item; the currency is in the name of the column."""
    header = "deal id,company,contact name,owner,product,value eur,closed\n"
    text = header + "1,A,B,C,Fibre,10.5,2026-01-31\n2,D,E,F,Fibre,3,2026-02-01\n"
    attributes = proposed(text, "salesOpportunity").mapping["attributes"]
    assert attributes["relatedParty[role=customer].name"] == "company"
    assert attributes["relatedParty[role=contact].name"] == "contact name"
    assert attributes["relatedParty[role=salesAgent].id"] == {"column": "owner", "slug": True}
    assert attributes["salesOpportunityItem[0].product.name"] == "product"
    assert attributes["estimatedRevenue.unit"] == {"constant": "EUR"}
    assert attributes["name"]["template"][0] == "{product} for {company}"
    assert "state" not in proposed(text, "salesOpportunity").mapping


def test_of_a_lead_the_product_is_what_is_offered() -> None:
    """Names that give no identifier are taken as they are; what has braces cannot stand in a template."""
    attributes = proposed(
        "id,product,created,{odd} first name,last name\n1,光,2026-01-01,a,b\n2,光,2026-01-02,c,d\n"
    ).mapping
    assert attributes["attributes"]["productOffering.id"] == "product"
    assert attributes["state"] == {"constant": "acknowledged", "created": "created", "date": ["iso"]}


def test_words_and_grades_of_a_lead() -> None:
    """What it is about, how hot it is, what kind it is, and what somebody noted."""
    text = "id,name,description,rating,type,notes\n1,A,two lines,hot,new,call\n2,B,fibre,cold,old,mail\n"
    found = proposed(text).mapping
    wanted = {"name": "name", "description": "description", "rating": "rating", "type": "type", "note[0].text": "notes"}
    assert {path: found["attributes"].get(path) for path in wanted} == wanted


def test_words_for_nothing_are_found_as_they_are_spelled() -> None:
    """And a column of nothing else is left out."""
    found = proposed("id,city,region\n1,Select,\n2,Brno,N/A\n3,Praha,\n")
    assert found.mapping["absent"] == ["N/A", "Select"]
    assert targets(found)["region"] == ""


@pytest.mark.parametrize(("cells", "kind"), [
    (("a@b.cz", "c@d.de"), "email"),
    (("Yes", "no"), "boolean"),
    (("1", "2.5"), "number"),
    (("1 234,50", "7"), "number"),
    (("31/12/2025", "01/02/2026"), "date"),
    (("12/31/2025", "01/02/2026"), "date"),
    (("2026-01-31T10:00:00Z",), "date"),
    (("+420 777 123 456", "0049 30 123456"), "phone"),
    (("030/1234567", "030/7654321"), "phone"),
    (("red", "blue"), "text"),
    (("", "n/a"), "empty"),
])  # fmt: skip
def test_cells_look_like_something(cells: tuple[str, ...], kind: str) -> None:
    """By all of them, not by the first."""
    assert look(Sampled("x", cells)).kind == kind


def test_names_are_compared_plainly() -> None:
    """Accents, case, underscores and CamelCase are no difference."""
    assert plain("TotalVisits") == "total visits"
    assert plain("Straße_Řeka") == "strasse reka"


def test_what_is_proposed_can_be_saved_and_read_again() -> None:
    """As the TOML of a mapping file."""
    text = 'id,"a ""b""",name,value,status,start\n1,Yes,x,"1.234,5",Neu,31.12.2025\n2,No,y,"2.000,0",Lost,01.01.2026\n'
    told = proposed(text).mapping
    again = told_in(as_toml(told))
    assert understood(again).columns == understood(told).columns
    assert again["attributes"]["estimatedRevenue.value"] == told["attributes"]["estimatedRevenue.value"]
    assert as_toml({"key": ["a", "b"], "attributes": {"name": "a"}}) == 'key = ["a", "b"]\n\n[attributes]\nname = "a"\n'


def of_example(name: str) -> dict[str, set[str]]:
    """What the mapping that we ship makes of each column that it reads: the attributes, names of traits apart."""
    told = told_in((ROOT / "examples" / f"{name}.toml").read_text(encoding="utf-8"))
    return read_by(told)


def read_by(told: dict[str, Any]) -> dict[str, set[str]]:
    """The attributes that a mapping makes of each column."""
    found: dict[str, set[str]] = {}
    leaves = [("key", told["key"])]
    leaves += [(path.split("[name=")[0] if path.startswith("characteristic") else path, rule)
               for path, rule in told["attributes"].items()]  # fmt: skip
    state = told["state"]
    leaves += [
        ("status", state["column"]),
        ("created", state.get("created", [])),
        ("changed", state.get("changed", [])),
    ]
    for path, rule in leaves:
        for column in columns_of(rule):
            found.setdefault(column, set()).add(path)
    return found


def columns_of(rule: Any) -> list[str]:
    """The columns that a rule reads."""
    if isinstance(rule, str):
        return [rule]
    if isinstance(rule, list):
        return [column for each in rule for column in columns_of(each)]
    templates = rule.get("template", [])
    texts = [templates] if isinstance(templates, str) else templates
    inside = [part.split("}")[0] for text in texts for part in text.split("{")[1:]]
    return inside + columns_of(rule.get("column", []))


@needs_real_data
@pytest.mark.parametrize(("name", "resource"), [
    ("x-education-leads", "salesLead"),
    ("crm-pipeline", "salesOpportunity"),
])  # fmt: skip
def test_of_the_real_files_most_columns_with_a_target_get_it(name: str, resource: str) -> None:
    """At least 80 % of the columns that our own mapping reads become one of the attributes that it makes of them."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(islice(csv.reader(file), 9000))
    columns = [Sampled(each, tuple(row[place] for row in rows)) for place, each in enumerate(header)]
    found = read_by(propose(resource, name, columns).mapping)
    wanted = of_example(name)
    met = {column for column, paths in wanted.items() if paths & found.get(column, set())}
    print(f"{name}: {len(met)} of {len(wanted)}; not {sorted(set(wanted) - met)}")  # noqa: T201 - the figure is reported
    assert len(met) >= 0.8 * len(wanted)
