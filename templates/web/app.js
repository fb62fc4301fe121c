// Keys and verdicts of the review page. Every page works without this file; texts and keys stand in the templates.
(() => {
  "use strict";

  const COOKIE = "araneus_keys";
  const VERDICTS = ["confirmed", "benign", "needs-more", "duplicate"];
  const UNDO_MAX = 50;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const card = one("article[data-flag]");
  const form = one("form#judge");
  // A request is under way: a second verdict must wait for its answer.
  let isSaving = false;

  // Texts

  function message(name, values = {}) {
    const text = one(`[data-message="${name}"]`, one("#messages").content).textContent;
    return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  }

  function say(text, isBad = false) {
    const status = one("#status");
    status.classList.toggle("bad", isBad);
    status.textContent = text;
  }

  function verdictName(value) {
    const button = form && one(`button[value="${value}"]`, form);
    const label = button && all("kbd", button).reduce((text, key) => text.replace(key.textContent, ""), button.textContent);
    return (label ?? value).trim();
  }

  // What this tab remembers. A browser may refuse to store; the page then works without.

  function remembered(key, otherwise) {
    try {
      return JSON.parse(sessionStorage.getItem(key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  function remember(key, value) {
    try {
      if (value === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, JSON.stringify(value));
    } catch {
      // Storage is full or switched off.
    }
  }

  // Keys: the templates name actions and first keys; a cookie has what the person changed.

  function actions() {
    return all("#shortcuts tr[data-action]").map((row) => ({
      name: row.dataset.action,
      first: row.dataset.key,
      label: one("th", row).textContent,
    }));
  }

  function readSettings() {
    const text = document.cookie.split("; ").find((part) => part.startsWith(`${COOKIE}=`));
    try {
      const { on, keys } = JSON.parse(decodeURIComponent(text.slice(COOKIE.length + 1)));
      return { on: on !== false, keys: typeof keys === "object" && keys !== null ? keys : {} };
    } catch {
      return { on: true, keys: {} };
    }
  }

  function writeSettings(settings) {
    const value = encodeURIComponent(JSON.stringify(settings));
    document.cookie = `${COOKIE}=${value}; Path=/; SameSite=Strict; Max-Age=31536000`;
  }

  // Returns the key of each action; null if the action has none.
  function keysInForce(settings) {
    const keyOf = ({ name, first }) => {
      const changed = settings.keys[name];
      if (!settings.on || changed === null) return null;
      return typeof changed === "string" && isKey(changed) ? changed : first;
    };
    return new Map(actions().map((action) => [action.name, keyOf(action)]));
  }

  function isKey(text) {
    return [...text].length === 1 && !/[\s\d]/.test(text);
  }

  let keys = keysInForce(readSettings());

  function showKeys() {
    document.documentElement.classList.toggle("has-keys", [...keys.values()].some((key) => key !== null));
    for (const row of all("#shortcuts tr[data-action]")) {
      row.hidden = keys.get(row.dataset.action) === null;
      if (row.dataset.action !== "reasons") one("kbd", row).textContent = keys.get(row.dataset.action) ?? "";
    }
    const marked = new Set();
    for (const mark of all("kbd[data-action]")) {
      const key = /^\d$/.test(mark.textContent) ? keys.get("reasons") && mark.textContent : keys.get(mark.dataset.action);
      mark.hidden = !key;
      mark.textContent = key || mark.textContent;
      mark.setAttribute("aria-hidden", "true");
      const control = mark.closest("button, a") ?? one("input, textarea, select", mark.closest("label") ?? mark);
      if (control && key && !marked.has(control)) control.setAttribute("aria-keyshortcuts", key);
      else if (control && !key) control.removeAttribute("aria-keyshortcuts");
      marked.add(control);
    }
  }

  function isTextField(element) {
    const isBox = /^(checkbox|radio|button|submit|reset)$/;
    return element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName)
      || (element.tagName === "INPUT" && !isBox.test(element.type));
  }

  // Moves

  function goTo(element) {
    if (!element) return;
    for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const fold = one("details", element);
    if (fold && element.id === "evidence") fold.open = true;
    if (!element.matches("a, button, input, textarea, select, [tabindex]")) element.tabIndex = -1;
    element.focus();
    element.scrollIntoView({ block: "nearest" });
    if (element.id === "evidence" || element.id === "graph") element.scrollIntoView({ block: "start" });
  }

  function step(by) {
    if (card) {
      const target = by > 0 ? card.dataset.next : card.dataset.prev;
      if (target) location.assign(target);
      else say(message(by > 0 ? "last" : "first"));
      return;
    }
    const rows = all("tr[data-flag]").map((row) => one("a[href]", row)).filter(Boolean);
    const place = rows.findIndex((link) => link.closest("tr").contains(document.activeElement));
    const link = place < 0 ? rows[0] : rows[place + by];
    if (link) goTo(link);
    else if (rows.length) say(message(by > 0 ? "last" : "first"));
  }

  function chooseReason(digit) {
    const radios = form ? all("[name=reason_code][type=radio]", form).filter((radio) => radio.value) : [];
    const select = form && one("select[name=reason_code]", form);
    const choices = select ? [...select.options].filter((option) => option.value) : radios;
    const choice = choices[digit - 1];
    if (!choice) return;
    const wasChosen = select ? choice.selected : choice.checked;
    if (select) select.value = wasChosen ? "" : choice.value;
    else choice.checked = !wasChosen;
    keepDraft();
    const label = (select ? choice.textContent : choice.closest("label").textContent).replace(/\s*\d\s*$/, "").trim();
    say(wasChosen ? message("no-reason") : message("reason", { reason: label }));
  }

  // Verdicts

  const draftKey = card && `draft ${card.dataset.flag}`;

  // Keeps what was typed, so that moving to another flag or a lost connection loses nothing.
  function keepDraft(value = remembered(draftKey, {}).value) {
    const fields = new FormData(form);
    remember(draftKey, { reason: fields.get("reason_code") ?? "", note: fields.get("note") ?? "", value });
  }

  function showDraft() {
    const draft = remembered(draftKey, null);
    if (!draft) return;
    const note = one("[name=note]", form);
    if (note) note.value = draft.note;
    const select = one("select[name=reason_code]", form);
    if (select) select.value = draft.reason;
    for (const radio of all("[name=reason_code][type=radio]", form)) radio.checked = radio.value === draft.reason;
    if (draft.value) showUnsent(draft.value);
  }

  function showUnsent(value) {
    one("#unsent")?.remove();
    const box = document.createElement("div");
    box.id = "unsent";
    const text = document.createElement("p");
    text.textContent = message("kept", { verdict: verdictName(value) });
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = message("again", { verdict: verdictName(value) });
    button.addEventListener("click", () => judge(value));
    box.append(text, button);
    form.before(box);
    mark(value);
  }

  function mark(value) {
    for (const button of all("button[name=value]", form)) button.setAttribute("aria-pressed", String(button.value === value));
  }

  // Sends a form; returns the answer, or null if no server answered.
  async function send(action, fields) {
    try {
      const response = await fetch(action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(fields),
        credentials: "same-origin",
        redirect: "error",
        cache: "no-store",
      });
      const text = await response.text();
      let answer = {};
      try {
        answer = JSON.parse(text);
      } catch {
        // An error without JSON; its code says enough.
      }
      return { code: response.status, ok: response.ok && answer.ok === true, answer };
    } catch {
      return null;
    }
  }

  async function judge(value) {
    if (!form || !card) return say(message("no-card"));
    if (isSaving) return say(message("busy"));
    isSaving = true;
    const verdict = verdictName(value);
    const fields = new FormData(form);
    fields.set("value", value);
    keepDraft(value);
    mark(value);
    setBusy(true);
    say(message("saving", { verdict }));
    const sent = await send(form.action, fields);
    isSaving = false;
    setBusy(false);
    if (sent?.ok) {
      remember(draftKey, null);
      rememberJudgement(sent.answer.judgement_id);
      say(sent.answer.message ?? message("saved", { verdict }));
      location.assign(sent.answer.next ?? card.dataset.next ?? "/queue");
      return;
    }
    const isLockedOut = sent?.code === 401 || sent?.code === 403;
    if (sent && !isLockedOut && (sent.answer.conflict || sent.answer.message)) {
      // The server has looked at the verdict and refused it, so that it is certainly not saved.
      keepDraft(null);
      mark(null);
      one("#unsent")?.remove();
      return showRefusal(sent.answer);
    }
    showUnsent(value);
    if (!sent) say(message("lost", { verdict }), true);
    else if (isLockedOut) say(message("locked-out", { verdict }), true);
    else say(message("failed", { verdict, code: sent.code }), true);
  }

  function showRefusal({ conflict, message: text }) {
    const said = typeof conflict === "string" ? conflict : text ?? conflict?.message ?? "";
    say(said, true);
    if (conflict) {
      const link = document.createElement("a");
      link.href = location.pathname;
      link.textContent = one("#messages").content.querySelector("[data-message=reload]").textContent;
      one("#status").append(" ", link);
    }
  }

  function setBusy(isBusy) {
    form.setAttribute("aria-busy", String(isBusy));
    for (const button of all("button", form)) button.setAttribute("aria-disabled", String(isBusy));
  }

  function rememberJudgement(id) {
    const judged = [...remembered("judged", []), { id, flag: location.pathname }];
    remember("judged", judged.slice(-UNDO_MAX));
  }

  // Withdraws the verdict on this card, else the last verdict of this tab.
  async function undo() {
    if (isSaving) return say(message("busy"));
    const own = one('form[action^="/judgements/"][action$="/withdraw"]', card ?? document.createElement("p"));
    const judged = remembered("judged", []);
    const last = judged.at(-1);
    if (!own && !last) return say(message("nothing-to-undo"));
    const action = own ? own.getAttribute("action") : `/judgements/${encodeURIComponent(last.id)}/withdraw`;
    isSaving = true;
    say(message("undoing"));
    const sent = await send(action, { csrf: document.body.dataset.csrf });
    isSaving = false;
    if (!sent) return say(message("undo-lost"), true);
    if (!sent.ok) {
      say(sent.answer.message ?? message("undo-failed", { code: sent.code }), true);
      // A verdict that is withdrawn already must not block the ones before it.
      if (!own && sent.code < 500 && sent.code !== 401 && sent.code !== 403) remember("judged", judged.slice(0, -1));
      return;
    }
    const withdrawn = decodeURIComponent(action.split("/")[2]);
    remember("judged", judged.filter((judgement) => judgement.id !== withdrawn));
    remember("said", message("undone"));
    location.assign(own ? location.pathname : last.flag);
  }

  // What each action does

  function openHelp() {
    const dialog = one("#shortcuts");
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  function search() {
    const field = one("#search");
    if (field) goTo(field);
    else location.assign("/queue#search");
  }

  const DO = {
    next: () => step(1),
    previous: () => step(-1),
    undo,
    note: () => goTo(form && one("[name=note]", form)),
    evidence: () => goTo(one("#evidence")),
    graph: () => goTo(one("#graph")),
    search,
    help: openHelp,
    ...Object.fromEntries(VERDICTS.map((value) => [value, () => judge(value)])),
  };

  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && isTextField(target)) return goTo(card ?? one("#main"));
    // Enter within a list of reasons would send the form with its first button.
    if (event.key === "Enter" && target.matches("#judge input, #judge select")) return event.preventDefault();
    if (isTextField(target)) return;
    if (one("#shortcuts").open && event.key !== keys.get("help")) return;
    if (/^[1-9]$/.test(event.key) && keys.get("reasons")) {
      event.preventDefault();
      return chooseReason(Number(event.key));
    }
    // A key that is held down gives one verdict, not many.
    const action = [...keys].find(([, key]) => key === event.key)?.[0];
    if (!action || !DO[action]) return;
    event.preventDefault();
    if (!event.repeat || action === "next" || action === "previous") DO[action]();
  });

  // The page for keys

  function settingsRow(action, key) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = action.label;
    const box = Object.assign(document.createElement("input"), { type: "checkbox", name: `on ${action.name}`, checked: key !== null });
    box.setAttribute("aria-label", `${action.label}: ${message("column-on")}`);
    const label = document.createElement("label");
    label.append(box);
    const field = Object.assign(document.createElement("input"), {
      type: "text", name: action.name, value: key ?? action.first, maxLength: 1, autocomplete: "off", spellcheck: false,
      disabled: action.name === "reasons",
    });
    if (action.name === "reasons") field.removeAttribute("maxlength");
    field.size = 3;
    field.setAttribute("aria-label", `${action.label}: ${message("column-key")}`);
    const first = document.createElement("kbd");
    first.textContent = action.first;
    const cells = [label, field, first].map((content) => {
      const cell = document.createElement("td");
      cell.append(content);
      return cell;
    });
    row.append(head, ...cells);
    return row;
  }

  function showSettings(page) {
    const settings = readSettings();
    page.hidden = false;
    page.elements.on.checked = settings.on;
    const inForce = keysInForce({ ...settings, on: true });
    one("tbody", page).replaceChildren(...actions().map((action) => settingsRow(action, inForce.get(action.name))));
  }

  function saveSettings(page) {
    const changed = {};
    const used = new Set();
    for (const { name, first } of actions()) {
      const key = page.elements[name].value;
      if (!page.elements[`on ${name}`].checked) {
        changed[name] = null;
        continue;
      }
      if (name === "reasons") continue;
      if (!isKey(key)) return say(message("keys-empty"), true);
      if (used.has(key)) return say(message("keys-double", { key }), true);
      used.add(key);
      if (key !== first) changed[name] = key;
    }
    writeSettings({ on: page.elements.on.checked, keys: changed });
    say(message("keys-saved"));
    keys = keysInForce(readSettings());
    showKeys();
  }

  function startSettings(page) {
    showSettings(page);
    page.addEventListener("submit", (event) => {
      event.preventDefault();
      saveSettings(page);
    });
    page.elements.reset.addEventListener("click", () => {
      writeSettings({ on: true, keys: {} });
      keys = keysInForce(readSettings());
      showSettings(page);
      showKeys();
      say(message("keys-reset"));
    });
  }

  // Start

  for (const link of all("header.top nav a")) {
    const isHere = location.pathname === link.pathname || (link.pathname === "/queue" && location.pathname.startsWith("/flag/"));
    if (isHere) link.setAttribute("aria-current", location.pathname === link.pathname ? "page" : "true");
  }
  showKeys();
  const page = one("form#keys");
  if (page) startSettings(page);
  if (form && card) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.submitter?.name === "value") judge(event.submitter.value);
    });
    form.addEventListener("input", () => keepDraft());
    showDraft();
  }
  if (location.hash === "#search") goTo(one("#search"));
  const said = remembered("said", null);
  if (said) {
    remember("said", null);
    say(said);
  }
})();
