// What a business's page loads: the button that opens the chat, and nothing else. The chat itself is fetched when somebody
// shows that they want it. Nothing is stored, and nothing thrown reaches the page.
(() => {
  let hasWarned = false;
  const warn = (fault) => {
    if (hasWarned) return;
    hasWarned = true;
    console.warn("StudioConnect:", fault);
  };
  const guarded = (what) => (...given) => {
    try {
      const outcome = what(...given);
      outcome?.catch?.(warn);
      return outcome;
    } catch (fault) {
      warn(fault);
    }
  };

  guarded(() => {
    const tag = document.currentScript ?? document.querySelector("script[data-key][src*='/widget.js']");
    const key = tag?.getAttribute("data-key");
    const earlier = window.StudioConnect;
    if (!key) return warn("the tag needs data-key");
    if (earlier?.close) return;
    const base = tag.src.replace(/\/widget\.js.*$/, "");
    const listeners = new Map();
    const emit = (event, detail) => {
      for (const hear of listeners.get(event) ?? []) guarded(hear)(detail);
    };

    // What is common to button and chat.
    const host = document.createElement("studioconnect-chat");
    const root = host.attachShadow({ mode: "open" });
    const shared = { host, root, key, base, warn, guarded, emit, button: null, config: null, identity: null };

    let panel;
    const load = () => (panel ??= ready
      .then(() => shared.config && import(`${base}PANEL_ADDRESS`))
      .then((module) => module?.start(shared))
      .catch((fault) => { panel = null; warn(fault); }));
    const call = (name, given) => load().then((started) => started?.[name](given));

    const api = {
      open: guarded(() => { call("open"); }),
      close: guarded(() => { if (panel) call("close"); }),
      on: guarded((event, hear) => { listeners.set(event, [...(listeners.get(event) ?? []), hear]); }),
      identify: guarded((token) => { shared.identity = String(token); if (panel) call("identify", shared.identity); }),
    };

    const words = { en: "Chat with", es: "Chatear con", fr: "Discuter avec", pt: "Conversar com", de: "Chat mit" };
    const draw = (config) => {
      const { theme } = config;
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`
:host { all: initial !important; position: fixed !important; z-index: 2147483646 !important; bottom: 0 !important; ${theme.position}: 0 !important; width: 0 !important; height: 0 !important; display: block !important; visibility: visible !important; opacity: 1 !important; }
@media print { :host { display: none !important; } }
.launch { position: fixed; bottom: max(20px, env(safe-area-inset-bottom)); ${theme.position}: 20px; display: flex; align-items: center; gap: 10px; box-sizing: border-box; min-width: 60px; height: 60px; padding: 0 17px; margin: 0; border: 1px solid rgb(255 255 255 / 25%); border-radius: ${Math.max(theme.radius, 8) + 14}px; background: ${theme.accent}; color: ${theme.ink}; font: 600 16px/1.2 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; box-shadow: 0 2px 6px rgb(0 0 0 / 16%), 0 10px 28px rgb(0 0 0 / 22%); cursor: pointer; -webkit-tap-highlight-color: transparent; }
.launch:focus-visible { outline: 3px solid ${theme.ink}; outline-offset: -6px; }
.launch svg { width: 26px; height: 26px; flex: none; }
.unread { position: absolute; top: -6px; ${theme.position === "left" ? "right" : "left"}: -6px; min-width: 22px; height: 22px; box-sizing: border-box; padding: 0 6px; border: 2px solid #fff; border-radius: 99px; background: #b3261e; color: #fff; font-size: 12px; line-height: 18px; text-align: center; }
.unread:empty, .launch[hidden] { display: none; }
@media (prefers-reduced-motion: no-preference) { .launch { transition: transform .16s ease, box-shadow .16s ease; } .launch:hover { transform: translateY(-2px); } .launch:active { transform: none; } }
@media (forced-colors: active) { .launch { border: 2px solid ButtonText; } }`);
      root.adoptedStyleSheets = [sheet];
      const region = document.createElement("aside");
      const button = document.createElement("button");
      const unread = document.createElement("span");
      const svg = "http://www.w3.org/2000/svg";
      const icon = document.createElementNS(svg, "svg");
      const path = document.createElementNS(svg, "path");
      path.setAttribute("d", "M12 3C6.9 3 3 6.5 3 10.9c0 2.5 1.3 4.7 3.3 6.1-.1 1.2-.6 2.3-1.5 3.3-.2.3 0 .7.4.7 2-.1 3.8-.8 5.2-2 .5.1 1 .1 1.6.1 5.1 0 9-3.6 9-8.2S17.1 3 12 3Z");
      path.setAttribute("fill", "currentColor");
      icon.setAttribute("viewBox", "0 0 24 24");
      icon.setAttribute("aria-hidden", "true");
      icon.append(path);
      const spoken = [...(navigator.languages ?? []), config.language, "en"].map((tag) => tag.slice(0, 2));
      const label = `${words[spoken.find((code) => words[code])]} ${config.businessName}`;
      region.setAttribute("aria-label", label);
      button.type = "button";
      button.className = "launch";
      button.setAttribute("aria-haspopup", "dialog");
      button.setAttribute("aria-expanded", "false");
      // What can be read on it is part of its name.
      const name = theme.launcherText ? `${theme.launcherText} – ${label}` : label;
      button.setAttribute("aria-label", name);
      unread.className = "unread";
      unread.setAttribute("aria-hidden", "true");
      button.append(icon, theme.launcherText, unread);
      for (const intent of ["pointerenter", "pointerdown", "focus"]) button.addEventListener(intent, guarded(() => { load(); }));
      button.addEventListener("click", guarded(() => call("toggle")));
      region.append(button);
      root.append(region);
      Object.assign(shared, { button, unread, label, name, region, sheet });
      const stand = () => { if (!host.isConnected) (document.body ?? document.documentElement).append(host); };
      stand();
      // Some pages put another body in place of theirs.
      new MutationObserver(guarded(stand)).observe(document.documentElement, { childList: true });
    };

    const body = new Promise((done) => {
      if (document.body) done();
      else document.addEventListener("DOMContentLoaded", done, { once: true });
    });
    const ready = Promise.all([fetch(`${base}/api/widget-config?key=${encodeURIComponent(key)}`, { credentials: "omit" }), body])
      .then(([answer]) => (answer.ok ? answer.json() : Promise.reject(`this page was answered ${answer.status}`)))
      .then((config) => {
        const draft = tag.getAttribute("data-preview");
        if (draft) Object.assign(config, { theme: JSON.parse(draft), chatEnabled: true, isDraft: true });
        if (!config.chatEnabled) return;
        shared.config = config;
        draw(config);
        // Only who has written to us before has something there.
        let known = null;
        try { known = localStorage.getItem(`studioconnect:${key}`); } catch { /* the page keeps nothing */ }
        if (known || config.isDraft) load();
        emit("ready");
      });
    ready.catch(warn);

    window.StudioConnect = api;
    // Calls that a page made before this script was there.
    if (Array.isArray(earlier)) for (const [name, ...given] of earlier) api[name]?.(...given);
  })();
})();
