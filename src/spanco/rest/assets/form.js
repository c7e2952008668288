// Renders a form in any page, or gives the ready page what plain HTML cannot: nothing is loaded from anywhere else.
(() => {
  "use strict";
  const script = document.currentScript;
  const TRACKED = /^(utm_\w+|\w*clid|[gw]braid|li_fat_id|igshid|mc_cid|msclkid)$/;
  const make = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== undefined && value !== "") made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };

  const control = (name, part, required) => {
    const id = `spanco-${name}`;
    const described = part.description ? `${id}-hint ${id}-fault` : `${id}-fault`;
    const common = { id, name, required, "aria-describedby": described };
    if (part["x-control"] === "select") {
      const options = part.oneOf.map((each) => make("option", { value: each.const }, each.title));
      return make("select", common, make("option", { value: "" }, FORM["x-words"].choose), ...options);
    }
    const bounds = { ...common, maxlength: part.maxLength, autocomplete: part["x-autocomplete"] };
    if (part["x-control"] === "textarea") return make("textarea", { ...bounds, rows: 5 });
    if (part["x-control"] === "checkbox") return make("input", { ...common, type: "checkbox", value: "true" });
    return make("input", { ...bounds, type: part["x-control"], pattern: part.pattern });
  };

  const question = (name) => {
    const part = FORM.properties[name];
    const required = FORM.required.includes(name);
    const input = control(name, part, required);
    const optional = required ? "" : make("span", { class: "optional" }, ` (${FORM["x-words"].optional})`);
    const label = make("label", { for: input.id }, part.title, optional);
    const hint = part.description ? [make("p", { class: "hint", id: `${input.id}-hint` }, part.description)] : [];
    const fault = make("p", { class: "fault", id: `${input.id}-fault`, hidden: true });
    if (part["x-control"] === "checkbox") return make("div", { class: "check" }, input, label, ...hint, fault);
    return make("div", { class: "field" }, label, ...hint, input, fault);
  };

  const rendered = () => {
    const trap = FORM["x-leave-empty"];
    const form = make("form", { novalidate: true },
      ...FORM["x-order"].map(question),
      make("div", { class: "trap", "aria-hidden": "true" },
        make("label", { for: `spanco-${trap}` }, FORM["x-words"].trap),
        make("input", { id: `spanco-${trap}`, name: trap, tabindex: "-1", autocomplete: "off" })),
      make("button", { type: "submit" }, FORM["x-submit"]));
    const parts = [];
    if (FORM.title) parts.push(make("h1", {}, FORM.title));
    if (FORM.description) parts.push(make("p", { class: "introduction" }, FORM.description));
    return [make("div", { class: "card spanco", lang: FORM["x-language"] }, ...parts, form), form];
  };

  const isEnough = (digest) => {
    let wanted = FORM["x-proof-of-work"];
    for (const byte of digest) {
      if (wanted <= 0) return true;
      if (wanted >= 8 ? byte : byte >> (8 - wanted)) return false;
      wanted -= 8;
    }
    return true;
  };

  const stamped = async () => {
    if (!FORM["x-proof-of-work"]) return "";
    const id = FORM["x-action"].split("/").pop();
    const minute = Math.floor(Date.now() / 60000);
    const salt = crypto.getRandomValues(new Uint32Array(2)).join("");
    const encoder = new TextEncoder();
    for (let count = 0; ; count += 1) {
      const nonce = `${salt}x${count.toString(36)}`;
      const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`${id}:${minute}:${nonce}`));
      if (isEnough(new Uint8Array(digest))) return `${minute}.${nonce}`;
    }
  };

  const quoted = (label) => (label.length <= 60 ? label : `${label.slice(0, 59).trimEnd()}…`);

  // Above the form, as the server does it: what is wrong, with links to where it is.
  const said = (form, text, faults = {}) => {
    form.parentElement.querySelectorAll(".said.bad:not(noscript *)").forEach((each) => each.remove());
    const links = Object.entries(faults).filter(([name]) => form.elements[name]).map(([name, fault]) => {
      const input = form.elements[name];
      const link = make("a", { href: `#${input.id}` }, quoted(FORM.properties[name].title));
      link.addEventListener("click", (event) => { event.preventDefault(); input.focus(); });
      return make("li", {}, link, `: ${fault}`);
    });
    const list = links.length ? [make("ul", {}, ...links)] : [];
    form.before(make("div", { class: "said bad", role: "alert" }, make("p", {}, text), ...list));
  };

  const marked = (form, faults) => {
    let first = null;
    for (const input of form.querySelectorAll("[aria-describedby]")) {
      const place = form.querySelector(`#${CSS.escape(input.id)}-fault`);
      const text = faults[input.name] ?? "";
      input.toggleAttribute("aria-invalid", false);
      if (place) { place.textContent = text; place.hidden = !text; }
      if (text) { input.setAttribute("aria-invalid", "true"); first ??= input; }
    }
    first?.focus();
  };

  const found = (form) => {
    const faults = {};
    for (const input of form.elements) {
      if (input.name && input.willValidate && !input.checkValidity()) {
        const words = FORM["x-words"];
        const missing = input.type === "checkbox" ? words.agree : words.required;
        const odd = input.validity.patternMismatch ? words.pattern : input.validity.typeMismatch ? words.email : "";
        faults[input.name] = input.validity.valueMissing ? missing : odd || input.validationMessage;
      }
    }
    return faults;
  };

  const done = (form, answer) => {
    if (answer.next) { window.location.assign(answer.next); return; }
    const card = form.closest(".card") ?? form.parentElement;
    const text = make("p", { class: "done", role: "status", tabindex: "-1" }, answer.message);
    form.replaceWith(text);
    card.querySelectorAll(".introduction, .said").forEach((each) => each.remove());
    text.focus();
  };

  const random = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (each) => each.toString(36)).join("-");
  // The same answers once more, after a line that broke, are the same post; a stamp holds for two hours.
  const MEMORY = 3_600_000;
  let last = {};

  const send = async (form) => {
    const faults = found(form);
    marked(form, faults);
    if (Object.keys(faults).length) { said(form, FORM["x-words"].faulty, faults); return; }
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const body = Object.fromEntries(new FormData(form));
      for (const [name, value] of new URLSearchParams(window.location.search)) {
        if (TRACKED.test(name) || FORM["x-from-address"].includes(name)) body[name] ??= value;
      }
      Object.assign(body, { _referrer: document.referrer, _page: window.location.pathname, _language: FORM["x-language"] });
      const text = JSON.stringify(body);
      const isKnown = last.text === text && Date.now() - last.time < MEMORY;
      if (!isKnown) last = { text, key: random(), stamp: await stamped(), time: Date.now() };
      const headers = { "content-type": "application/json", accept: "application/json", "idempotency-key": last.key };
      const posted = JSON.stringify({ ...body, _stamp: last.stamp });
      const answer = await fetch(FORM["x-action"], { method: "POST", headers, body: posted, credentials: "omit" });
      const told = await answer.json().catch(() => ({}));
      if (answer.ok) { done(form, told); return; }
      const wrong = Object.fromEntries((told.field ?? []).map((each) => [each.name, each.message]));
      marked(form, wrong);
      const byStatus = { 403: "origin", 410: "closed", 422: "faulty", 429: "often" };
      said(form, FORM["x-words"][byStatus[answer.status] ?? "failed"], wrong);
    } catch {
      said(form, FORM["x-words"].failed);
    }
    button.disabled = false;
  };

  const listen = (form) => form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });

  const ready = document.querySelector("form[data-spanco]");
  if (ready) { ready.noValidate = true; listen(ready); return; }
  const host = make("div", { "data-spanco-form": "" });
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const [card, form] = rendered();
  root.append(card);
  listen(form);
  if (script?.parentElement && script.parentElement !== document.head) script.after(host);
  else document.body.append(host);
})();
