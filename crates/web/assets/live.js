// Parts that change by themselves are fetched anew when the server says so.

import { enliven, read } from "./page.js";

let sources = [];
const follow = (part) => {
  const source = new EventSource(part.dataset.live);
  source.addEventListener("changed", async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = await read(answer);
    for (const old of [part, ...document.querySelectorAll(`[data-live-with=${CSS.escape(part.id)}]`)]) {
      const fresh = page.getElementById(old.id);
      if (fresh && fresh.innerHTML !== old.innerHTML) old.replaceChildren(...fresh.childNodes);
    }
  });
  return source;
};

enliven(() => {
  for (const source of sources) source.close();
  sources = [...document.querySelectorAll("[data-live]")].map(follow);
});
