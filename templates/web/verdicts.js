// Verdicts and their withdrawal: sent, kept on the screen until the server has answered, and then left.
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
  form.prepend(box);
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
  if (sent && sent.code < 500 && !isLockedOut && (sent.answer.conflict || sent.answer.message)) {
    // The server has looked at the verdict and refused it, so that it is certainly not saved.
    keepDraft(null);
    mark(null);
    one("#unsent")?.remove();
    return showRefusal(sent.answer);
  }
  showUnsent(value);
  if (!sent) say(message("lost", { verdict }), true);
  else if (isLockedOut) say(message("locked-out", { verdict }), true);
  else say(sent.answer.message ?? message("failed", { verdict, code: sent.code }), true);
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
