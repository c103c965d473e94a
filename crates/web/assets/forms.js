// Forms are sent without leaving the page. One that is refused comes back with the server's words beside its fields, one that
// is taken leads to where the server says. Typed text is not lost on the way.

import { enliven, read, show, tell } from "./page.js";
import { check, prepare } from "./rules.js";

enliven(prepare);

// Forms with typed text that would be lost.
const guarded = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) guarded.add(form);
});
window.addEventListener("beforeunload", (event) => {
  if (guarded.size > 0) event.preventDefault();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("method") !== "post" || event.defaultPrevented) return;
  event.preventDefault();
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) return;
  if (check(form)) send(form, event.submitter);
});

// What a person has made of a form: the fields that differ from what the page came with, and all of a form that was refused,
// as such a page comes with what was typed. The version stays with them where somebody else has changed the same field.
const refusedForms = new WeakSet();
const isBox = (field) => field.type === "checkbox" || field.type === "radio";
const valueOf = (field) => (isBox(field) ? field.checked : field.value);
const originalOf = (field) => {
  if (isBox(field)) return field.defaultChecked;
  if (!field.options) return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
};
const typedIn = (form) => ({
  version: form.elements.namedItem("version")?.value,
  fields: [...form.elements]
    .filter((field) => field.name && "value" in field && !["hidden", "submit", "button", "password", "file"].includes(field.type))
    .filter((field) => field.type !== "radio" && (refusedForms.has(form) || valueOf(field) !== originalOf(field)))
    .map((field) => [field.name, valueOf(field), originalOf(field)]),
});
const fill = (form, typed) => {
  let isStale = false;
  for (const [name, value, original] of typed.fields) {
    const field = form.elements.namedItem(name);
    if (!field || !("value" in field) || ["hidden", "file"].includes(field.type)) continue;
    isStale ||= originalOf(field) !== original;
    if (isBox(field)) field.checked = value; else field.value = value;
  }
  const version = form.elements.namedItem("version");
  if (version && typed.version && isStale) version.value = typed.version;
  guarded.add(form);
};

// A form that met a session that ran out is filled again after the sign-in.
const draftOf = (form) => `draft:${new URL(form.action).pathname}`;
const keep = (form) => {
  if (form.hasAttribute("data-guard")) sessionStorage.setItem(draftOf(form), JSON.stringify(typedIn(form)));
};
const saved = new URLSearchParams(location.search).has("done");
for (const form of document.querySelectorAll("form[data-guard]")) {
  const draft = sessionStorage.getItem(draftOf(form));
  sessionStorage.removeItem(draftOf(form));
  if (draft && !saved && !form.querySelector(".fault") && document.referrer.includes("/admin/login")) {
    fill(form, JSON.parse(draft));
  }
}

// Where the focus is, in words that hold for another page too.
const placeOf = (element) => [
  element.id && `#${CSS.escape(element.id)}`,
  element.ariaLabel && `main [aria-label=${JSON.stringify(element.ariaLabel)}]`,
  ...[element.closest("[data-row]")?.dataset.row].filter(Boolean).map((row) => `[data-row="${row}"] button`),
  ...[element.closest("form")?.getAttribute("action")].filter(Boolean).map((to) => `form[action="${to}"] button`),
  ".notice button",
  "main",
].filter(Boolean);
const focusOn = (places) => {
  const found = places.map((place) => document.querySelector(place)).find((element) => element);
  found?.focus({ preventScroll: !found.matches("main, .notice *") });
};

/** Sends a form. */
export const send = async (form, submitter) => {
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  keep(form);
  let answer, page;
  try {
    // A file goes as it is; all else in the form that every server reads.
    const fields = new FormData(form, submitter);
    const body = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
    answer = await fetch(form.action, { method: "post", body, headers: { accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
      leave(form, answer);
      return;
    }
    page = await read(answer);
    // A proxy's own page, while the server behind it is away.
    if (!page.querySelector("main")) throw new Error("this is no page of ours");
  } catch {
    form.ariaBusy = "false";
    tell("The server cannot be reached. What you typed is still here; try again.");
    return;
  }
  form.ariaBusy = "false";
  const problem = page.querySelector("[data-problem]");
  if (problem) {
    const words = [...problem.querySelectorAll("h1, [data-detail]")].map((part) => part.textContent);
    tell(words.join(" "), problem.querySelector(".button"));
    return;
  }
  guarded.delete(form);
  if (answer.ok) sessionStorage.removeItem(draftOf(form));
  take(form, page, answer);
};

/** Goes where the answer leads. To sign in is no place where what was typed is kept. */
const leave = (form, answer) => {
  guarded.delete(form);
  if (answer.ok && !answer.url.includes("/admin/login")) sessionStorage.removeItem(draftOf(form));
  answer.body?.cancel();
  location.assign(answer.url);
};

/** Shows what came back in place of this page, with what was typed into its other forms. */
const take = (form, page, answer) => {
  const action = (of) => `form[action=${JSON.stringify(of.getAttribute("action"))}]`;
  const others = [...guarded].filter((other) => other.isConnected).map((other) => [action(other), typedIn(other)]);
  const focused = document.activeElement ?? document.body;
  const places = focused === document.body ? [] : placeOf(focused);
  guarded.clear();
  show(page);
  for (const [other, typed] of others) {
    const found = document.querySelector(other);
    if (found && typed.fields.length > 0) fill(found, typed);
  }
  if (answer.ok) {
    if (answer.redirected) history.replaceState(null, "", answer.url);
    focusOn(places);
    return;
  }
  const faulty = document.querySelector("main [aria-invalid=true]");
  const refused = faulty?.closest("form[data-guard]");
  if (refused) {
    guarded.add(refused);
    refusedForms.add(refused);
  }
  // What is about no field in particular is read out where it stands.
  const fault = document.querySelector("main .fault");
  if (!faulty && fault) fault.tabIndex = -1;
  (faulty ?? fault ?? document.querySelector("main")).focus();
};
