// Ctrl+K or Cmd+K: every page by its name.

import { enliven } from "./page.js";

const places = () => {
  const more = document.getElementById("more-places")?.content.querySelectorAll("a") ?? [];
  const links = [...document.querySelectorAll(".places a"), ...more, ...document.querySelectorAll(".who-menu a")];
  return links.map((link) => ({ name: link.firstChild.textContent, target: link.getAttribute("href") }));
};

/** A place's name has every word that is looked for, at the beginning of one of its own. */
const fits = (name, wanted) => {
  const words = name.toLowerCase().split(/\s+/);
  return wanted.every((part) => words.some((word) => word.startsWith(part)));
};

const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

const open = () => {
  const all = places();
  if (all.length === 0 || document.querySelector("dialog[open]")) return;
  const field = make("input", {
    type: "text", role: "combobox", "aria-label": "Go to", "aria-controls": "go-to", "aria-expanded": "true",
    "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: "Go to…",
  });
  const list = make("ul", { role: "listbox", id: "go-to", "aria-label": "Pages" });
  const none = make("p", { class: "empty", role: "status" });
  const dialog = make("dialog", { class: "palette", "aria-label": "Go to a page" }, field, list, none);
  let chosen = 0;
  const choose = (place) => {
    const options = [...list.children];
    chosen = options.length === 0 ? 0 : (place + options.length) % options.length;
    options.forEach((option, at) => { option.ariaSelected = String(at === chosen); });
    field.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
    options[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const search = () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter(({ name }) => fits(name, wanted));
    list.replaceChildren(...found.map(({ name, target }, at) =>
      make("li", { role: "option", id: `go-to-${at}`, "data-target": target }, name)));
    list.hidden = found.length === 0;
    field.ariaExpanded = String(found.length > 0);
    none.textContent = found.length === 0 ? "No page is called that." : "";
    choose(0);
  };
  const go = (option) => {
    if (!option) return;
    dialog.close();
    location.assign(option.dataset.target);
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1), Enter: () => go(list.children[chosen]) };
    const move = moves[event.key];
    if (!move || event.isComposing) return;
    event.preventDefault();
    move();
  });
  list.addEventListener("click", (event) => go(event.target.closest("li")));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  search();
  dialog.showModal();
};

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  open();
});

// Whoever does not know the keys finds a button.
enliven(() => {
  const menu = document.querySelector(".top .who");
  if (!menu) return;
  const keys = navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K";
  const button = make("button", { type: "button", class: "quiet go-to", "aria-keyshortcuts": "Control+K Meta+K" }, "Go to ", make("kbd", {}, keys));
  button.addEventListener("click", open);
  menu.before(button);
});
