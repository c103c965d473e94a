// What was said, and what those who cannot see it are told. An answer that is still coming is seen letter by letter and read
// out sentence by sentence.

import { make } from "./elements.js";
import { isSafe, linkTo, linked, sentencesIn } from "./text.js";

/** Most sentences that wait to be read out. */
const MOST_SENTENCES = 12;
/** Most messages that are shown. */
const MOST_SHOWN = 400;

/** The log of one conversation. */
export const logOf = (say, agentName) => {
  const list = make("ol");
  const log = make("div", { class: "log", role: "log", "aria-live": "off", "aria-label": say("log"), tabindex: "0" }, list);
  const told = make("div", { class: "unseen", role: "status", "aria-live": "polite", "aria-atomic": "false" });
  const known = new Map();
  let draft = null;
  let spokenOf = "";

  const tell = (text) => {
    if (!text) return;
    told.append(make("p", { text }));
    while (told.childElementCount > MOST_SENTENCES) told.firstChild.remove();
  };
  const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 90;
  // The end stays in sight when what stands below takes room.
  let isFollowing = true;
  log.addEventListener("scroll", () => { isFollowing = isAtEnd(); });
  new ResizeObserver(() => { if (isFollowing) log.scrollTop = log.scrollHeight; }).observe(log);
  const follow = (wasAtEnd) => { if (wasAtEnd) log.scrollTop = log.scrollHeight; };

  /** Adds a row; `who` is visitor, agent, human or notice. */
  const add = (who, text, { name, before } = {}) => {
    const wasAtEnd = isAtEnd() || who === "visitor";
    const bubble = make("div", { class: who === "notice" ? "" : "bubble" });
    bubble.append(linked(text, say));
    const isTurn = list.lastElementChild?.dataset.who !== who;
    const row = make("li", { class: `said ${who}${isTurn ? " turn" : ""}` });
    row.dataset.who = who;
    if (who === "visitor") row.append(make("span", { class: "unseen", text: `${say("you")}: ` }));
    else if (name && isTurn) row.append(make("span", { class: "name", text: name }));
    else if (name) row.append(make("span", { class: "unseen", text: `${name}: ` }));
    row.append(bubble);
    list.insertBefore(row, before ?? null);
    while (list.childElementCount > MOST_SHOWN) list.firstChild.remove();
    follow(wasAtEnd);
    return row;
  };

  const sourcesOf = (sources) => {
    const items = sources.slice(0, 5).map(({ title, url, excerpt }) => {
      const head = url && isSafe(url) ? linkTo(url, title, say) : make("b", { text: title });
      return make("li", {}, head, excerpt ? make("q", { text: excerpt }) : "");
    });
    return make("ul", { class: "sources", "aria-label": say("sources") }, ...items);
  };

  const dots = () => make("span", { class: "dots" }, make("i"), make("i"), make("i"));

  return {
    log,
    told,
    tell,
    add,
    /** The row of a message by the id the visitor's side gave it, or the server. */
    row: (id) => known.get(id),
    know: (id, row) => { if (id) known.set(id, row); },
    /** Forgets the ids of what is shown, but these. */
    forget: (kept) => { for (const id of [...known.keys()]) if (!kept.includes(id)) known.delete(id); },
    /** Says below a message of the visitor's how it fares. */
    mark: (row, text, isBad) => {
      if (!row) return;
      row.querySelector(".state")?.remove();
      row.classList.toggle("waiting", Boolean(text) && !isBad);
      if (text) row.append(make("span", { class: `state${isBad ? " bad" : ""}`, text }));
    },
    /** Shows that an answer is being made. */
    expect(name) {
      if (draft) return;
      draft = { row: add("agent", "", { name }), text: "", name };
      draft.row.querySelector(".bubble").append(dots(), make("span", { class: "unseen", text: say("isWriting", { name }) }));
      spokenOf = "";
    },
    /** More of the answer. */
    grow(text, name) {
      if (!draft) this.expect(name);
      const wasAtEnd = isAtEnd();
      draft.text += text;
      draft.row.querySelector(".bubble").replaceChildren(linked(draft.text, say));
      const [whole, rest] = sentencesIn(draft.text.slice(spokenOf.length));
      if (whole) {
        tell(whole);
        spokenOf = draft.text.slice(0, draft.text.length - rest.length);
      }
      follow(wasAtEnd);
    },
    /** What was shown of the answer does not count. */
    void() {
      if (!draft) return;
      draft.text = "";
      spokenOf = "";
      draft.row.querySelector(".bubble").replaceChildren(dots());
    },
    /** There will be no answer after all. */
    abandon() {
      draft?.row.remove();
      draft = null;
    },
    get isExpecting() { return draft !== null; },
    /** The answer as it is meant; what was shown until now was on the way to it. */
    settle(text, sources, name = agentName) {
      if (!text) return this.abandon();
      const wasAtEnd = isAtEnd();
      const row = draft?.row ?? add("agent", "", { name });
      const isAsSpoken = text.startsWith(spokenOf);
      tell(isAsSpoken ? text.slice(spokenOf.length).trim() : text);
      row.querySelector(".bubble").replaceChildren(linked(text, say));
      row.querySelector(".sources")?.remove();
      if (sources?.length) row.append(sourcesOf(sources));
      row.dataset.text = text;
      draft = null;
      spokenOf = "";
      follow(wasAtEnd);
      return row;
    },
    /** The last thing the agent said, where no id of it is known yet. */
    get lastOpen() {
      const row = [...list.children].reverse().find((found) => found.dataset.who === "agent" && found.dataset.text);
      return row && !row.dataset.id ? row : null;
    },
    withSources: (row, sources) => { if (sources?.length && !row.querySelector(".sources")) row.append(sourcesOf(sources)); },
    clear() {
      list.replaceChildren();
      known.clear();
      draft = null;
    },
    toEnd: () => {
      isFollowing = true;
      log.scrollTop = log.scrollHeight;
    },
  };
};
