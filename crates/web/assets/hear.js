// A voice is heard without leaving the page, and follows the one that is chosen in the settings.

import { enliven } from "./page.js";

const hear = async (form) => {
  if (form.ariaBusy === "true") return;
  const [button, state, player] = ["button", "[role=status]", "audio"].map((part) => form.querySelector(part));
  const say = (words, isFault = false) => { state.textContent = words; state.classList.toggle("fault", isFault); };
  form.ariaBusy = "true";
  button.setAttribute("aria-disabled", "true");
  player.pause();
  say("One moment, it is being spoken …");
  try {
    const body = JSON.stringify({ voice: form.elements.voice.value });
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
};

enliven(() => {
  for (const form of document.querySelectorAll("form[data-hear]")) {
    document.getElementById("voice")?.addEventListener("change", (event) => { form.elements.voice.value = event.target.value; });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      hear(form);
    });
  }
});
