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

const named = (form) => [...new FormData(form)].filter(([name]) => name !== "version");
const fill = (form, fields) => {
  for (const [name, value] of fields) {
    const field = form.elements.namedItem(name);
    if (field && "value" in field && field.type !== "checkbox" && field.type !== "hidden") field.value = value;
  }
  guarded.add(form);
};

// A form that met a session that ran out is filled again after the sign-in.
const draftOf = (form) => `draft:${new URL(form.action).pathname}`;
const keep = (form) => {
  if (form.hasAttribute("data-guard")) sessionStorage.setItem(draftOf(form), JSON.stringify(named(form)));
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
    const body = new URLSearchParams(new FormData(form, submitter));
    answer = await fetch(form.action, { method: "post", body, headers: { accept: "text/html" } });
    page = await read(answer);
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
  if (answer.ok && !answer.url.includes("/admin/login")) sessionStorage.removeItem(draftOf(form));
  if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
    location.assign(answer.url);
    return;
  }
  take(form, page, answer);
};

/** Shows what came back in place of this page, with what was typed into its other forms. */
const take = (form, page, answer) => {
  const action = (of) => `form[action=${JSON.stringify(of.getAttribute("action"))}]`;
  const others = [...guarded].filter((other) => other.isConnected).map((other) => [action(other), named(other)]);
  const focused = document.activeElement ?? document.body;
  const places = focused === document.body ? [] : placeOf(focused);
  guarded.clear();
  show(page);
  for (const [other, fields] of others) {
    const found = document.querySelector(other);
    if (found) fill(found, fields);
  }
  if (answer.ok) {
    if (answer.redirected) history.replaceState(null, "", answer.url);
    focusOn(places);
    return;
  }
  const faulty = document.querySelector("main [aria-invalid=true]");
  const refused = faulty?.closest("form[data-guard]");
  if (refused) guarded.add(refused);
  // What is about no field in particular is read out where it stands.
  const fault = document.querySelector("main .fault");
  if (!faulty && fault) fault.tabIndex = -1;
  (faulty ?? fault ?? document.querySelector("main")).focus();
};
