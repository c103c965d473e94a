// Where the visitor writes: the field follows what was asked, and answers that can be chosen are buttons.

import { make, sign } from "./elements.js";

/** Longest message, in characters; four bytes each still pass the server's limit. */
const LONGEST_MESSAGE = 1_900;

/** What each kind of question wants of the keyboard and of what the browser has learnt. */
const KINDS = {
  EMAIL: { type: "email", inputmode: "email", autocomplete: "email", autocapitalize: "off", spellcheck: "false" },
  PHONE: { type: "tel", inputmode: "tel", autocomplete: "tel" },
  NUMBER: { type: "text", inputmode: "decimal", autocomplete: "off" },
  DATE: { type: "date" },
  ADDRESS: { autocomplete: "street-address" },
};

/** The form at the foot of the panel, and the buttons above it. `send` is given what is to be said. */
export const fieldsOf = (say, send) => {
  const offers = make("div", { class: "offers", role: "group", "aria-label": say("suggestions") });
  const step = make("div", { class: "step", hidden: true });
  const button = make("button", { class: "send", type: "submit", "aria-label": say("send"), "aria-disabled": "true" }, sign("send"));
  const form = make("form", { novalidate: true, onsubmit: submit });
  let field = null;

  const fresh = (question) => {
    const kind = KINDS[question?.format] ?? {};
    const name = kind.type ? "input" : "textarea";
    const label = question ? `${question.text}${question.isRequired ? "" : ` (${say("optional")})`}` : say("write");
    const made = make(name, { class: "field", name: "message", rows: name === "textarea" ? "1" : null, maxlength: LONGEST_MESSAGE, "aria-label": label, placeholder: say("write"), enterkeyhint: "send", autocomplete: "off", ...kind });
    made.addEventListener("input", lighten);
    made.addEventListener("keydown", (event) => {
      // A key that ends the choice of a character is no wish to send.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit(event);
    });
    return made;
  };
  function lighten() { button.setAttribute("aria-disabled", String(field.value.trim() === "")); }
  function submit(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return field.focus();
    field.value = "";
    lighten();
    send(text);
  }

  const choose = (text, value) => make("button", { type: "button", text, onclick: () => send(value ?? text, text) });

  field = fresh(null);
  form.append(field, button);
  let asked = "";
  return {
    form,
    offers,
    step,
    focus: () => field.focus({ preventScroll: true }),
    /** Fits the field to what is asked, and offers what can be chosen. */
    show(flow, replies) {
      const question = flow?.state === "ASKING" ? flow.question : null;
      const choices = question?.choices ?? (question?.format === "YES_NO" ? [say("yes"), say("no")] : []);
      const chosen = replies?.length ? replies : choices.map((text) => ({ text }));
      offers.replaceChildren(...chosen.slice(0, 12).map(({ text, value }) => choose(text, value)));
      step.hidden = !question;
      if (question) {
        const { answered, total } = flow.progress;
        const label = say("step", { n: Math.min(answered + 1, total), of: total });
        step.replaceChildren(make("span", { text: label }), make("progress", { max: total, value: answered, "aria-label": label }));
      }
      const now = question ? `${question.id} ${question.format} ${question.text}` : "";
      if (now === asked) return;
      asked = now;
      // What somebody is writing stays, and so does the place where they are.
      const next = fresh(question);
      const hadFocus = field.getRootNode().activeElement === field;
      if (next.type !== "date") next.value = field.value;
      field.replaceWith(next);
      field = next;
      lighten();
      if (hadFocus) field.focus({ preventScroll: true });
    },
    /** Nothing is offered while an answer is being made. */
    clear: () => offers.replaceChildren(),
  };
};
