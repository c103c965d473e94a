// The page of the website chat: what is being changed is seen at once, and the tag can be copied.

import { enliven } from "./page.js";

/** Typing has paused for this long when the picture is made anew. */
const PAUSE_MS = 300;

enliven(() => {
  const frame = document.querySelector("iframe[data-preview-of]");
  const form = frame && document.getElementById(frame.dataset.previewOf);
  if (form) {
    let timer;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const fields = new URLSearchParams([...new FormData(form)].filter(([name]) => name.startsWith("theme.")));
        // In place, so that the Back button leads out of the page and not through what was tried.
        frame.contentWindow.location.replace(`${frame.dataset.source}?${fields}`);
      }, PAUSE_MS);
    });
  }
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      const said = button.parentElement.querySelector("[role=status]");
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
        said.textContent = "Copied.";
      } catch {
        said.textContent = "The browser does not allow it; select the line and copy it.";
      }
    });
  }
});
