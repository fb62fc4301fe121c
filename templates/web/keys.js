// Texts, keys, and what a tab remembers. The server sends keys.js, verdicts.js, settings.js and app.js as one script.
"use strict";

const COOKIE = "araneus_keys";
const VERDICTS = ["confirmed", "benign", "needs-more", "duplicate"];
const UNDO_MAX = 50;
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const card = one("article[data-flag]");
const pair = one("article[data-pair]");
const form = one("form#judge");
// A request is under way: a second verdict must wait for its answer.
let isSaving = false;

function message(name, values = {}) {
  const text = one(`[data-message="${name}"]`, one("#messages").content).textContent;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

function say(text, isBad = false) {
  const status = one("#status");
  status.classList.toggle("bad", isBad);
  status.textContent = text;
}

// Returns the text of an element without the keys that it shows.
function plainText(element) {
  const copy = element.cloneNode(true);
  for (const key of all("kbd", copy)) key.remove();
  return copy.textContent.trim();
}

function verdictName(value) {
  const button = form && one(`button[value="${value}"]`, form);
  return button ? plainText(button) : value;
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
