// The chat itself, in the button's shadow tree: one dialog with a head, the log and the place to write.

import { make, sign } from "./elements.js";
import { fieldsOf } from "./fields.js";
import { fitted, isWhole, stayWithin } from "./keyboard.js";
import { logOf } from "./log.js";
import { memoryOf } from "./memory.js";
import { styleOf } from "./style.js";
import { talkOf } from "./talk.js";
import { wireTo } from "./wire.js";
import { languageOf, wordsIn } from "./words.js";

/** Builds the chat beside its button. */
export const start = (shared) => {
  const { root, button, unread, region, config, emit, guarded, warn } = shared;
  const language = languageOf(navigator.languages ?? [navigator.language], config.language);
  const say = wordsIn(language);
  const own = new CSSStyleSheet();
  const place = new CSSStyleSheet();
  own.replaceSync(styleOf(config.theme));
  root.adoptedStyleSheets = [shared.sheet, own, place];

  let isOpen = false;
  let hasAgreed = !config.consent.required;
  let missed = 0;
  let unfit = null;

  const memory = memoryOf(shared.key, guarded((kept) => {
    if (kept?.consent === config.consent.version) agree();
    talk.adopt(kept);
  }));
  hasAgreed ||= memory.talk.consent === config.consent.version;

  const log = logOf(say, config.agentName);
  const fields = fieldsOf(say, guarded((text, shown) => { if (!config.isDraft) talk.say(text, shown).catch(warn); }));
  const status = make("p", { text: say("assistant") });
  const line = make("p", { class: "line", role: "status", hidden: true });
  const avatar = make("span", { class: "avatar", "aria-hidden": "true" });
  const close = make("button", { class: "close", type: "button", "aria-label": say("close"), onclick: guarded(() => api.close()) }, sign("close"));
  const title = make("h2", { id: "title", text: config.agentName });
  const head = make("header", {}, avatar, make("div", { class: "who" }, title, status), close);
  const foot = make("div", { class: "foot" }, fields.step, fields.form);
  if (config.showBranding) foot.append(make("p", { class: "brand", text: say("powered") }));
  const talkParts = [log.log, fields.offers, foot];
  const panel = make("div", { class: "panel", role: "dialog", "aria-labelledby": "title about", tabindex: "-1", lang: language, hidden: true, onkeydown: guarded(pressed) },
    head, make("span", { class: "unseen", id: "about", text: shared.label }), line, ...talkParts, log.told);
  avatar.textContent = config.theme.avatarText || (config.agentName.trim()[0] ?? "?").toUpperCase();
  region.append(panel);

  const consent = consentStep();
  function consentStep() {
    if (hasAgreed) return null;
    const { text, privacyUrl } = config.consent;
    const more = /^https:/.test(privacyUrl ?? "") ? make("a", { href: privacyUrl, target: "_blank", rel: "noopener noreferrer", text: say("privacy") }) : "";
    const step = make("div", { class: "consent", tabindex: "0", role: "group", "aria-label": say("privacy") },
      make("p", { text }), more, make("button", { type: "button", text: say("agree"), onclick: guarded(() => { agree(); fields.focus(); }) }));
    for (const part of talkParts) part.hidden = true;
    panel.insertBefore(step, log.log);
    return step;
  }
  function agree() {
    if (hasAgreed) return;
    hasAgreed = true;
    memory.change({ consent: config.consent.version });
    consent?.remove();
    for (const part of talkParts) part.hidden = false;
    if (isOpen) enter();
  }

  const view = {
    log,
    welcome() { log.add("agent", config.welcomeMessage, { name: config.agentName }); },
    greet(opened) {
      if (opened.notice) {
        log.add("notice", opened.notice);
        log.tell(opened.notice);
      }
      if (memory.unsent.length === 0) view.ask(null, opened.quickReplies);
    },
    ask: (flow, replies) => fields.show(flow, replies),
    clearOffers() {
      // A button that goes takes the focus with it.
      if (fields.offers.contains(root.activeElement)) fields.focus();
      fields.clear();
    },
    mine(item) {
      const row = log.add("visitor", item.shown ?? item.text);
      log.know(item.id, row);
      log.mark(row, navigator.onLine ? "" : say("offline"));
    },
    sent: (item) => { log.mark(log.row(item.id), ""); },
    unsent: (item) => { log.mark(log.row(item.id), say(navigator.onLine ? "unsent" : "offline")); },
    refused(item, why) {
      log.mark(log.row(item.id), say(why), true);
      log.tell(say(why));
    },
    async wait(item, seconds) {
      log.abandon();
      log.tell(say("wait", { s: seconds }));
      for (let left = seconds; left > 0; left -= 1) {
        log.mark(log.row(item.id), say("wait", { s: left }));
        await new Promise((done) => setTimeout(done, 1_000));
      }
    },
    line(what) {
      line.hidden = !what;
      line.textContent = what ? say(what) : "";
    },
    human(name, isNew) {
      title.textContent = name ?? config.agentName;
      status.textContent = say(name ? "person" : "assistant");
      avatar.textContent = name ? name.trim()[0].toUpperCase() : config.theme.avatarText || (config.agentName.trim()[0] ?? "?").toUpperCase();
      if (name) fields.show(null, []);
      if (!isNew) return;
      const text = name ? say("human", { name }) : say("released", { name: config.agentName });
      log.add("notice", text);
      log.tell(text);
    },
    arrived(text) {
      emit("message", { role: "AGENT", text });
      if (isOpen && document.visibilityState === "visible") return;
      missed += 1;
      count();
    },
  };

  const talk = talkOf({ key: shared.key, ask: wireTo(shared.base), memory, view, config, say, language, emit, warn, identityOf: () => shared.identity });

  function count() {
    unread.textContent = missed > 9 ? "9+" : missed || "";
    button.setAttribute("aria-label", missed ? `${shared.name}, ${say("unread", { n: missed })}` : shared.name);
  }

  /** What happens when the chat is in front of somebody who has agreed to it. */
  function enter() {
    if (config.isDraft) return;
    if (talk.hasSession) talk.listen();
    else talk.begin().catch((fault) => { view.line(fault.status === 403 ? "off" : navigator.onLine ? "lost" : "offline"); });
    talk.flush().catch(warn);
  }

  function pressed(event) {
    // The page's own shortcuts are none of what is written here.
    event.stopPropagation();
    if (event.key === "Escape") api.close();
    if (event.key === "Tab" && isWhole(panel)) stayWithin(panel, event);
  }

  const api = {
    open({ isQuiet } = {}) {
      if (isOpen) return;
      isOpen = true;
      missed = 0;
      count();
      panel.hidden = false;
      button.setAttribute("aria-expanded", "true");
      unfit = fitted(panel, place, (whole) => {
        panel.setAttribute("aria-modal", String(whole));
        button.hidden = whole;
        if (root.activeElement?.matches(".field")) log.toEnd();
      });
      log.toEnd();
      if (!isQuiet) focusIn();
      memory.change({ isOpen });
      if (hasAgreed) enter();
      emit("open");
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      unfit?.();
      panel.hidden = true;
      button.hidden = false;
      button.setAttribute("aria-expanded", "false");
      button.focus({ preventScroll: true });
      memory.change({ isOpen });
      emit("close");
    },
    toggle() { return isOpen ? api.close() : api.open(); },
    // The server is told when a conversation begins; one in which nothing was said begins anew.
    identify() {
      if (talk.hasSession && !memory.keeps) talk.forget();
      if (isOpen && hasAgreed) enter();
    },
  };
  // On a small screen the field would bring the keyboard over what there is to read.
  function focusIn() {
    if (consent?.isConnected) consent.querySelector("button").focus({ preventScroll: true });
    else if (isWhole(panel)) panel.focus({ preventScroll: true });
    else fields.focus();
  }

  view.welcome();
  view.ask(null, config.quickReplies.map((text) => ({ text })));
  document.addEventListener("visibilitychange", guarded(() => {
    if (document.visibilityState === "hidden") return talk.stop();
    if (isOpen && missed) { missed = 0; count(); }
    if (talk.hasSession && memory.keeps) talk.listen();
  }));
  addEventListener("online", guarded(() => { view.line(""); talk.flush().catch(warn); }));
  addEventListener("offline", guarded(() => view.line("offline")));
  if (config.isDraft) {
    // Looks that are tried out are looked at; nothing is said there.
    api.open({ isQuiet: true });
  } else if (memory.keeps && hasAgreed && talk.hasSession) {
    talk.restore().catch(warn);
    if (memory.talk.isOpen) api.open({ isQuiet: true });
  } else if (hasAgreed && memory.unsent.length > 0) {
    for (const item of memory.unsent) view.mine(item);
    if (memory.talk.isOpen) api.open({ isQuiet: true });
    talk.flush().catch(warn);
  }
  return api;
};
