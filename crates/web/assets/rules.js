// The server's own rules, as each field brings them along with the server's sentence for each (data-rules). The tests are
// those of `crates/domain/src/rule.rs`, by the same names.

const length = (text) => [...text].length;
const tests = {
  least: (text, { bound }) => length(text) >= bound,
  most: (text, { bound }) => length(text) <= bound,
  oneLine: (text) => !/\p{Cc}/u.test(text),
  shape: (text, { pattern }) => new RegExp(`^(?:${pattern})$`, "u").test(text),
  range: (text, { least, most, whole, besides }) => {
    if (!(whole ? /^-?\d+$/ : /^-?\d+(\.\d+)?$/).test(text)) return false;
    const number = Number(text);
    return number === besides || (number >= least && number <= most);
  },
  listed: (text, _, field) => [...field.list.options].some((option) => option.value === text),
};

/** What the server would say of a field; empty when it would say nothing. */
export const faultOf = (field) => {
  const { optional, checks } = JSON.parse(field.dataset.rules);
  const text = field.type === "password" ? field.value : field.value.trim();
  if (optional && text === "") return "";
  return checks.find((check) => !tests[check.test](text, check, field))?.says ?? "";
};

/** Says beside a field what is wrong with it, and takes back what was said. */
const mark = (field, sentence) => {
  const id = `${field.id}-fault`;
  document.getElementById(id)?.remove();
  field.setCustomValidity(sentence);
  if (sentence === "") {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    return;
  }
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", id);
  const fault = Object.assign(document.createElement("p"), { className: "fault", id, textContent: sentence });
  field.closest(".field").append(fault);
};

/** Checks a form before it is sent. False when something is wrong; the focus is on the first field then. */
export const check = (form) => {
  const fields = [...form.querySelectorAll("[data-rules]")];
  for (const field of fields) mark(field, faultOf(field));
  const first = fields.find((field) => field.ariaInvalid === "true");
  first?.focus();
  return !first;
};

// A field is looked at when it is left after a change, and from then on at every key until it is right.
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-rules]")) mark(target, faultOf(target));
});
document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-rules][aria-invalid=true]")) mark(target, faultOf(target));
});

/** Leaves checking to the rules: what a browser checks by itself has other words, and cuts off what is too long. */
export const prepare = () => {
  for (const form of document.querySelectorAll("form[method=post]")) form.noValidate = true;
  for (const field of document.querySelectorAll("[data-rules][maxlength]")) field.removeAttribute("maxlength");
};
