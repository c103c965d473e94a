// What pages gain when script runs: questions before what cannot be undone, a warning before typed text is lost, text that
// survives a session that ran out, and live parts. Everything works without it.

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  guarded.delete(form);
  keep(form);
});

// Typed text that would be lost.
const guarded = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) guarded.add(form);
});
window.addEventListener("beforeunload", (event) => {
  if (guarded.size > 0) event.preventDefault();
});

// A form that met a session that ran out is filled again after the sign-in.
const draftOf = (form) => `draft:${new URL(form.action).pathname}`;
const keep = (form) => {
  if (!form.hasAttribute("data-guard")) return;
  const fields = [...new FormData(form)].filter(([name]) => name !== "version");
  sessionStorage.setItem(draftOf(form), JSON.stringify(fields));
};
const saved = new URLSearchParams(location.search).has("done");
for (const form of document.querySelectorAll("form[data-guard]")) {
  const draft = sessionStorage.getItem(draftOf(form));
  sessionStorage.removeItem(draftOf(form));
  if (!draft || saved || form.querySelector(".fault") || !document.referrer.includes("/admin/login")) continue;
  for (const [name, value] of JSON.parse(draft)) {
    const field = form.elements.namedItem(name);
    if (field && "value" in field && field.type !== "checkbox" && field.type !== "hidden") field.value = value;
  }
  guarded.add(form);
}

// A number beside each slider.
for (const slider of document.querySelectorAll("input[type=range]")) {
  const shown = document.querySelector(`output[for=${CSS.escape(slider.id)}]`);
  if (shown) slider.addEventListener("input", () => { shown.value = slider.value; });
}

// A voice is heard without leaving the page, and follows the one that is chosen in the settings.
for (const form of document.querySelectorAll("form[data-hear]")) {
  const [button, state, player] = ["button", "[role=status]", "audio"].map((part) => form.querySelector(part));
  const { voice } = form.elements;
  const say = (words, isFault = false) => { state.textContent = words; state.classList.toggle("fault", isFault); };
  document.getElementById("voice")?.addEventListener("change", (event) => { voice.value = event.target.value; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    button.setAttribute("aria-disabled", "true");
    player.pause();
    say("One moment, it is being spoken …");
    try {
      const body = JSON.stringify({ voice: voice.value });
      const answer = await fetch(form.dataset.hear, { method: "POST", headers: { "content-type": "application/json" }, body });
      if (!answer.ok) {
        const problem = await answer.json().catch(() => ({}));
        const words = [problem.title ?? "The voice could not be heard.", problem.detail, ...(problem.errors ?? []).map((fault) => fault.message)];
        say(words.filter(Boolean).join(" "), true);
        return;
      }
      URL.revokeObjectURL(player.src);
      player.src = URL.createObjectURL(await answer.blob());
      player.hidden = false;
      say("");
      await player.play().catch(() => say("Press play to hear it."));
    } catch {
      say("The server could not be reached; try again.", true);
    } finally {
      form.ariaBusy = "false";
      button.removeAttribute("aria-disabled");
    }
  });
}

// A greeting as callers hear it.
for (const field of document.querySelectorAll("[data-preview]")) {
  const shown = document.getElementById(field.dataset.preview);
  const show = () => { shown.textContent = (field.value.trim() || field.placeholder).replaceAll("{businessName}", field.dataset.business); };
  if (shown) { field.addEventListener("input", show); show(); }
}

// Parts that change by themselves are fetched anew when the server says so.
for (const part of document.querySelectorAll("[data-live]")) {
  const source = new EventSource(part.dataset.live);
  source.addEventListener("changed", async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of [part, ...document.querySelectorAll(`[data-live-with=${CSS.escape(part.id)}]`)]) {
      const fresh = page.getElementById(old.id);
      if (fresh && fresh.innerHTML !== old.innerHTML) old.replaceChildren(...fresh.childNodes);
    }
  });
}

// On a narrow screen the way around is a strip: where one is should be in sight.
document.querySelector(".places [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

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
