// Moves, actions, and the start of every page. Each page works without scripts; texts and keys stand in the templates.
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
  const shown = card ?? pair;
  if (shown) {
    const target = by > 0 ? shown.dataset.next : shown.dataset.prev;
    if (target) location.assign(target);
    else say(message(by > 0 ? "last" : "first"));
    return;
  }
  const rows = all("tr[data-flag]").map((row) => one("a[href]", row)).filter(Boolean);
  const place = rows.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const link = place < 0 ? rows[0] : rows[place + by];
  const list = one("table.queue");
  const page = list && (by > 0 ? list.dataset.next : list.dataset.prev);
  if (link) goTo(link);
  else if (page) location.assign(page);
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
  else (wasChosen ? one("[name=reason_code][value='']", form) ?? choice : choice).checked = true;
  keepDraft();
  const label = plainText(select ? choice : choice.closest("label"));
  say(wasChosen ? message("no-reason") : message("reason", { reason: label }));
}

// Presses the button of a pair that has a key; returns whether there is one.
function judgePair(event) {
  const hasKeys = [...keys.values()].some((key) => key !== null);
  const button = hasKeys && all("button[data-key]", pair).find(({ dataset }) => dataset.key === event.key);
  if (!button) return false;
  event.preventDefault();
  if (!event.repeat) button.form.requestSubmit(button);
  return true;
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
  if (isTextField(target)) return;
  if (one("#shortcuts").open && event.key !== keys.get("help")) return;
  if (/^[1-9]$/.test(event.key) && keys.get("reasons")) {
    event.preventDefault();
    return chooseReason(Number(event.key));
  }
  if (pair && judgePair(event)) return;
  // A key that is held down gives one verdict, not many.
  const action = [...keys].find(([, key]) => key === event.key)?.[0];
  if (!action || !DO[action]) return;
  event.preventDefault();
  if (!event.repeat || action === "next" || action === "previous") DO[action]();
});

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
