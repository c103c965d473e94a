// A page and what script adds to it. A page can take the place of another without being loaded: whatever enlivens pages is
// done again then.

const hooks = [];

/** Does something to the page that is shown, and to every one that takes its place. */
export const enliven = (hook) => {
  hooks.push(hook);
  hook();
};

/** Reads a page that was fetched. */
export const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

// What is said about a page that takes another's place: a region that comes with its words in it is not read out.
const said = Object.assign(document.createElement("p"), { className: "unseen", role: "status" });

/** Shows a page in place of this one. */
export const show = (page) => {
  document.title = page.title;
  said.textContent = "";
  document.body.replaceChildren(...page.body.childNodes, said);
  for (const hook of hooks) hook();
  const notice = document.querySelector(".notice p");
  setTimeout(() => { said.textContent = notice?.textContent ?? ""; }, 100);
};

/** A sentence at the top of the page that is shown, for what came to nothing. */
export const tell = (sentence, link) => {
  document.querySelector(".told")?.remove();
  const told = Object.assign(document.createElement("p"), { className: "fault told", role: "alert", tabIndex: -1 });
  told.append(sentence);
  if (link) told.append(" ", link);
  document.querySelector("main").prepend(told);
  told.focus();
};
