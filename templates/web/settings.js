// The page on which a person switches keys off and changes them.
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
