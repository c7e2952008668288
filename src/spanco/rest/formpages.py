"""The pages that strangers see, in plain HTML that needs no script: a form, thanks, a link, what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files

from spanco.kernel.wire import encode
from spanco.sales.rules.answers import is_yes
from spanco.sales.rules.forms import Field, Form, chosen
from spanco.sales.rules.formschema import AUTOCOMPLETE, language_of, schema_of
from spanco.sales.rules.words import LANGUAGES, words

Languages = tuple[str, ...]
STYLE_PATH = "/form/form.css"
_LONGEST_QUOTED = 60
_CONTROLS = {"text": "text", "email": "email", "tel": "tel"}


def style() -> str:
    """The style sheet of every page and of embedded forms."""
    return files("spanco.rest").joinpath("assets", "form.css").read_text(encoding="utf-8")


def script(form: Form, languages: Languages, here: str) -> str:
    """The script that renders the form anywhere, with everything that it needs in it."""
    code = files("spanco.rest").joinpath("assets", "form.js").read_text(encoding="utf-8")
    told = encode(schema_of(form, languages, here)).decode()
    return f"(() => {{\nconst FORM = {told};\nconst STYLE = {encode(style()).decode()};\n{code}}})();\n"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody posted before: what is wrong with it (keys of our words), and what was typed; both by field."""

    faults: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Page:
    """What each part of a page is made with."""

    said: Mapping[str, str]
    tongues: Languages
    attempt: Attempt

    def fault(self, name: str) -> str:
        """What is wrong with an answer, or nothing."""
        return self.said[self.attempt.faults[name]] if name in self.attempt.faults else ""


def form_page(form: Form, languages: Languages, attempt: Attempt) -> str:
    """The form itself. After an attempt what is wrong is told, and what was typed is there: nobody types it twice."""
    page = _Page(words((*languages, form.language)), (*languages, form.language), attempt)
    tongues, said = page.tongues, page.said
    title, introduction = chosen(form.title, tongues), chosen(form.introduction, tongues)
    parts = [f"<h1>{escape(title)}</h1>"] if title else []
    parts += [f'<p class="introduction">{escape(introduction)}</p>'] if introduction else []
    parts += [_summary(form, page)] if attempt.faults else []
    rows = [_row(each, page) for each in form.fields if each.type != "hidden"]
    rows += [
        _check(consent.name, chosen(consent.text, tongues), (consent.required, ""), page) for consent in form.consents
    ]
    if form.difficulty:
        rows.append(f'<noscript><p class="said bad">{escape(said["script"])}</p></noscript>')
    trap, submit = escape(form.honeypot), chosen(form.submit, tongues, said["send"])
    rows.append(
        f'<div class="trap" aria-hidden="true"><label for="spanco-{trap}">{escape(said["trap"])}</label>'
        f'<input id="spanco-{trap}" name="{trap}" tabindex="-1" autocomplete="off"></div>'
        f'<button type="submit">{escape(submit)}</button>'
    )
    # Without an action the form is posted to the address of this page, with the parameters that brought people here.
    parts.append(f'<form method="post" data-spanco="{escape(form.id)}">{"".join(rows)}</form>')
    source = f'<script src="/form/{escape(form.id)}/embed.js" defer></script>'
    heading = f"{said['mistake']}: {title or said['send']}" if attempt.faults else title or said["send"]
    return _page(heading, language_of(form, tongues), "".join(parts), source)


def note_page(languages: Languages, word: str, *, good: bool, receipt: str = "", text: str = "") -> str:
    """One sentence: the word of ours with this key, or a text of the form's operator."""
    said = words(languages)
    sentence = text or said[word]
    kind = "done" if good else "said bad"
    body = f'<p class="{kind}" role="status">{escape(sentence)}</p>'
    if receipt:
        body += f'<p class="receipt">{escape(receipt)}</p>'
    return _page(sentence[:60], _known(languages), body)


def confirm_page(languages: Languages) -> str:
    """A button that confirms: programs that look into mails open links, and press no buttons."""
    said = words(languages)
    button = f'<form method="post"><button type="submit">{escape(said["confirm-button"])}</button></form>'
    return _page(said["confirm"], _known(languages), f"<h1>{escape(said['confirm'])}</h1>{button}")


def _known(languages: Languages) -> str:
    return next((each.partition("-")[0] for each in languages if each.partition("-")[0] in LANGUAGES), "en")


def _summary(form: Form, page: _Page) -> str:
    """What is wrong, with links to where it is (WCAG 2.2, 3.3.1)."""
    shown = {each.name: chosen(each.label, page.tongues) for each in form.fields}
    shown |= {each.name: chosen(each.text, page.tongues) for each in form.consents}
    links = "".join(
        f'<li><a href="#{_id(name)}">{escape(_quoted(shown[name]))}</a>: {escape(page.fault(name))}</li>'
        for name in page.attempt.faults
    )
    return f'<div class="said bad" role="alert"><p>{escape(page.said["faulty"])}</p><ul>{links}</ul></div>'


def _quoted(label: str) -> str:
    """A label as it is quoted: consent texts are long."""
    return label if len(label) <= _LONGEST_QUOTED else label[: _LONGEST_QUOTED - 1].rstrip() + "…"


def _row(asked: Field, page: _Page) -> str:
    label, hint = chosen(asked.label, page.tongues), chosen(asked.hint, page.tongues)
    rule = asked.required, hint
    if asked.type == "checkbox":
        return _check(asked.name, label, rule, page)
    id_ = _id(asked.name)
    return (
        f'<div class="field"><label for="{id_}">{escape(label)}{_optional(rule, page)}</label>{_hint(id_, hint)}'
        f"{_control(asked, rule, page)}{_fault_row(id_, page.fault(asked.name))}</div>"
    )


def _control(asked: Field, rule: tuple[bool, str], page: _Page) -> str:
    typed, common = page.attempt.typed.get(asked.name, "")[: asked.most], _common(asked.name, rule, page)
    bounds = f'{common} maxlength="{asked.most}" autocomplete="{AUTOCOMPLETE.get(asked.target, "off")}"'
    if asked.type == "select":
        options = "".join(
            f'<option value="{escape(each.value)}"{" selected" if each.value == typed else ""}>'
            f"{escape(chosen(each.label, page.tongues))}</option>"
            for each in asked.options
        )
        return f'<select {common}><option value="">{escape(page.said["choose"])}</option>{options}</select>'
    if asked.type == "textarea":
        # A line break right after the mark is left out by browsers: with this one none of the text is.
        return f'<textarea {bounds} rows="5">\n{escape(typed)}</textarea>'
    pattern = f' pattern="{escape(asked.pattern)}"' if asked.pattern else ""
    value = f' value="{escape(typed)}"' if typed else ""
    return f'<input {bounds} type="{_CONTROLS[asked.type]}"{pattern}{value}>'


def _check(name: str, label: str, rule: tuple[bool, str], page: _Page) -> str:
    """A box to tick; `rule` is whether it has to be, and a hint."""
    id_ = _id(name)
    ticked = " checked" if is_yes(page.attempt.typed.get(name, "")) else ""
    return (
        f'<div class="check"><input type="checkbox" value="true" {_common(name, rule, page)}{ticked}>'
        f'<label for="{id_}">{escape(label)}{_optional(rule, page)}</label>{_hint(id_, rule[1])}'
        f"{_fault_row(id_, page.fault(name))}</div>"
    )


def _common(name: str, rule: tuple[bool, str], page: _Page) -> str:
    required, hint = rule
    id_ = _id(name)
    described = f"{id_}-hint {id_}-fault" if hint else f"{id_}-fault"
    rules = (" required" if required else "") + (' aria-invalid="true"' if page.fault(name) else "")
    return f'id="{id_}" name="{escape(name)}" aria-describedby="{described}"{rules}'


def _optional(rule: tuple[bool, str], page: _Page) -> str:
    return "" if rule[0] else f' <span class="optional">({escape(page.said["optional"])})</span>'


def _id(name: str) -> str:
    """The id of a control, as it is written in markup."""
    return escape(f"spanco-{name}")


def _hint(id_: str, text: str) -> str:
    return f'<p class="hint" id="{id_}-hint">{escape(text)}</p>' if text else ""


def _fault_row(id_: str, text: str) -> str:
    hidden = "" if text else " hidden"
    return f'<p class="fault" id="{id_}-fault"{hidden}>{escape(text)}</p>'


def _page(title: str, language: str, body: str, scripts: str = "") -> str:
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<link rel="icon" href="data:,"><link rel="stylesheet" href="{STYLE_PATH}">{scripts}</head>'
        f'<body class="spanco"><main class="card">{body}</main></body></html>'
    )
