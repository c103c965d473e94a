// What is remembered in this browser, from the first message on: which conversation it is, and messages that have not reached
// the server. A page that may keep nothing is served from memory until it is left.

/** A name that nobody else has chosen. Pages without encryption have no randomUUID. */
export const freshId = () => {
  const parts = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(parts, (part) => part.toString(16).padStart(2, "0")).join("");
};

/** The memory of one business's chat. `hear` is told when another tab has changed it. */
export const memoryOf = (key, hear) => {
  const name = `studioconnect:${key}`;
  const unsent = `${name}:unsent:`;
  const aside = new Map();
  let keeps = false;

  const put = (place, value) => {
    aside.set(place, value);
    if (!keeps) return;
    try { localStorage.setItem(place, JSON.stringify(value)); } catch { /* full, or not allowed */ }
  };
  const drop = (place) => {
    aside.delete(place);
    try { localStorage.removeItem(place); } catch { /* not allowed */ }
  };
  const take = (text) => {
    try { return JSON.parse(text); } catch { return null; }
  };

  try {
    for (let at = 0; at < localStorage.length; at += 1) {
      const place = localStorage.key(at);
      if (place !== name && !place.startsWith(unsent)) continue;
      const value = take(localStorage.getItem(place));
      if (value) aside.set(place, value);
    }
    keeps = aside.has(name);
  } catch { /* not allowed */ }
  addEventListener("storage", (event) => { if (event.key === name && event.newValue) hear(take(event.newValue)); });

  return {
    /** Whether something is kept. */
    get keeps() { return keeps; },
    /** From now on what is remembered outlives the page. */
    keep() {
      if (keeps) return;
      keeps = true;
      for (const [place, value] of aside) put(place, value);
    },
    /** The conversation. */
    get talk() { return aside.get(name) ?? {}; },
    change(parts) { put(name, { ...this.talk, ...parts }); },
    /** Takes over what another tab has kept. */
    adopt(talk) { aside.set(name, talk); keeps = true; },
    /** Messages that have not reached the server, oldest first. */
    get unsent() {
      return [...aside].filter(([place]) => place.startsWith(unsent)).map(([, item]) => item).sort((a, b) => a.at - b.at);
    },
    add(item) { put(unsent + item.id, item); },
    remove(id) { drop(unsent + id); },
  };
};
