// What pages gain when script runs. Everything works without it; each part says what it adds.

import { enliven } from "./page.js";
import "./forms.js";
import "./hear.js";
import "./live.js";
import "./order.js";
import "./palette.js";
import "./embed.js";

enliven(() => {
  // A number beside each slider.
  for (const slider of document.querySelectorAll("input[type=range]")) {
    const shown = document.querySelector(`output[for=${CSS.escape(slider.id)}]`);
    if (shown) slider.addEventListener("input", () => { shown.value = slider.value; });
  }
  // A greeting as callers hear it.
  for (const field of document.querySelectorAll("[data-preview]")) {
    const shown = document.getElementById(field.dataset.preview);
    const hear = () => { shown.textContent = (field.value.trim() || field.placeholder).replaceAll("{businessName}", field.dataset.business); };
    if (shown) { field.addEventListener("input", hear); hear(); }
  }
  // On a narrow screen the way around is a strip: where one is should be in sight.
  const here = document.querySelector(".places [aria-current]");
  const strip = here?.closest("ul");
  if (strip) strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.clientWidth) / 2;
});

// Menus close when somebody looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.who[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.who[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
