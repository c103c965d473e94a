// Texts that others wrote, as nodes: an address in one can be followed, and nothing in one is ever markup.

import { make } from "./elements.js";

const ADDRESS = /https?:\/\/[^\s<>"'`]+/g;

/** Only where a browser would go anyway. */
export const isSafe = (address) => {
  try {
    return /^https?:$/.test(new URL(address).protocol);
  } catch {
    return false;
  }
};

/** A link that tells the other side nothing of where it was. */
export const linkTo = (address, text, say) => make("a", { href: address, target: "_blank", rel: "noopener noreferrer" },
  text, make("span", { class: "unseen", text: ` (${say("newTab")})` }));

/** A text with its addresses as links. */
export const linked = (text, say) => {
  const nodes = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(ADDRESS)) {
    // A sentence's end is none of the address.
    const address = found[0].replace(/[.,;:!?)\]}]+$/, "");
    if (!isSafe(address)) continue;
    nodes.append(text.slice(from, found.index), linkTo(address, address, say));
    from = found.index + address.length;
  }
  nodes.append(text.slice(from));
  return nodes;
};

/** The whole sentences at the beginning of a text, and what follows them. */
export const sentencesIn = (text) => {
  const end = Math.max(...[". ", "! ", "? ", "… ", "\n"].map((sign) => text.lastIndexOf(sign)));
  return end < 0 ? ["", text] : [text.slice(0, end + 1).trim(), text.slice(end + 1).trimStart()];
};
