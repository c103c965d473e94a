// The conversation: what is sent, once and in order, whatever the line does, and what comes back.
//
// A message waits in the outbox until its answer is there. It carries an id of ours, so sending it again is harmless. Its
// answer comes on the line that carried it; when that breaks, the stream of events goes on from the last one seen, and when
// that too stays silent, the message is sent again.

import { freshId } from "./memory.js";
import { Refusal, backOff, pause, readEvents } from "./wire.js";

/** An answer that is being made shows itself at least this often on a line that is resumed. */
const PATIENCE_MS = 8_000;
/** How long somebody who was seen writing counts as writing. */
const TYPING_MS = 8_000;
/** Sessions refused one after the other before the visitor is told. */
const MOST_RENEWALS = 3;

/** The conversation of one page. `view` shows it. */
export const talkOf = ({ key, ask, memory, view, config, say, language, emit, warn, identityOf }) => {
  let session = memory.talk.session ?? null;
  let beginning = null;
  let lastId = null;
  // How far each of the two lines has told: that of a message about its turn, the other about everything else.
  let toldOfTurn = -1;
  let toldBeside = -1;
  let listener = null;
  let isSending = false;
  let isRestoring = false;
  let isAnswering = false;
  let awaited = null;
  let noteLife = null;
  let lastOfTurn = null;
  const settled = new Map();
  let human = null;
  let renewals = 0;
  let typing;

  const pathOf = (end = "") => `/api/chat/${encodeURIComponent(session.id)}${end}`;
  const nameNow = () => human ?? config.agentName;
  /** Where an event stands: a message and a piece of it, written `12.3`. */
  const placeOf = (id) => {
    const [message, piece = 0] = String(id ?? "").split(".");
    return message === "" ? NaN : Number(message) * 65_536 + Number(piece);
  };
  const noteId = (id) => {
    // Two lines tell the same events; the one that is behind does not set the other back.
    if (id !== null && !(placeOf(id) < placeOf(lastId))) lastId = id;
  };

  const begin = () => {
    if (session) return Promise.resolve();
    beginning ??= (async () => {
      const body = { key, pageUrl: location.href.slice(0, 1_000), language };
      if (config.consent.required) body.consentVersion = config.consent.version;
      if (identityOf()) body.identity = identityOf();
      const opened = await (await ask(`/api/chat?key=${encodeURIComponent(key)}`, { body })).json();
      session = { id: opened.sessionId, token: opened.token, expiresAt: opened.expiresAt };
      lastId = opened.lastEventId ?? null;
      memory.change({ session });
      view.greet(opened);
    })().finally(() => { beginning = null; });
    return beginning;
  };

  const tellTurn = (id) => {
    toldOfTurn = placeOf(id);
    lastOfTurn = id;
  };
  const fromTheStart = () => {
    lastId = null;
    toldOfTurn = toldBeside = -1;
  };
  const forget = () => {
    session = null;
    fromTheStart();
    // Another conversation may use the same names.
    settled.clear();
    view.log.forget(memory.unsent.map((item) => item.id));
    stop();
    memory.change({ session: null });
  };

  /** What the end of a turn brings. */
  const finish = (data) => {
    isAnswering = false;
    const known = settled.get(data.messageId) ?? view.log.row(data.messageId);
    if (settled.has(data.messageId) || known?.dataset.who === "agent") {
      // The answer to a message that was sent again, and had been answered meanwhile.
      view.log.abandon();
      view.ask(data.flow, data.quickReplies);
      return awaited?.(data);
    }
    const row = view.log.settle(data.by === "NONE" ? "" : data.reply, data.sources, data.by === "HUMAN" ? nameNow() : config.agentName);
    settled.set(data.messageId, row);
    // Whose id it is, the visitor's message or the answer, is for the history to say.
    if (row && !view.log.row(data.messageId)) {
      row.dataset.id = data.messageId;
      view.log.know(data.messageId, row);
    }
    view.ask(data.flow, data.quickReplies);
    if (row) view.arrived(data.reply);
    if (data.leadId) emit("lead", { leadId: data.leadId });
    awaited?.(data);
  };

  /** A message of the history or of the stream, once. */
  const take = (message, isOld) => {
    const { id, role, text, clientMessageId, sources } = message;
    const known = view.log.row(clientMessageId) ?? view.log.row(id);
    if (known) {
      known.dataset.id = id;
      view.log.know(id, known);
      view.log.mark(known, "");
      view.log.withSources(known, sources);
      return;
    }
    if (role === "AGENT" && !isOld) {
      if (isAnswering) return;
      const open = view.log.isExpecting ? null : view.log.lastOpen;
      if (open?.dataset.text === text) {
        open.dataset.id = id;
        view.log.know(id, open);
        return;
      }
    }
    const who = { VISITOR: "visitor", AGENT: "agent", HUMAN: "human", NOTICE: "notice" }[role] ?? "notice";
    const name = role === "HUMAN" ? nameNow() : role === "AGENT" ? config.agentName : null;
    if (role === "HUMAN") view.log.abandon();
    let row;
    if (role === "AGENT" && view.log.isExpecting && !isOld) {
      row = view.log.settle(text, sources);
      awaited?.(null);
    } else {
      row = view.log.add(who, text, { name });
      view.log.withSources(row, sources);
      if (!isOld && role !== "VISITOR") view.log.tell(name ? `${name}: ${text}` : text);
    }
    row.dataset.id = id;
    if (role === "AGENT") row.dataset.text = text;
    view.log.know(id, row);
    view.log.know(clientMessageId, row);
    if (!isOld && role !== "VISITOR" && role !== "NOTICE") view.arrived(text);
  };

  /** A person is at it; who writes nothing after all is not waited for. */
  const typed = () => {
    clearTimeout(typing);
    view.log.expect(nameNow());
    typing = setTimeout(() => { if (human && !isAnswering) view.log.abandon(); }, TYPING_MS);
  };

  /** One event; `isOwn` on the line that carried the message which is being answered. */
  const hear = ({ name, id, data }, isOwn) => {
    noteId(id);
    if (!isOwn) noteLife?.();
    const at = placeOf(id);
    const isOfTurn = name === "delta" || name === "reset" || name === "done";
    if (isOwn) tellTurn(id);
    else if (isOfTurn ? isAnswering || at <= toldOfTurn : at <= toldBeside) return;
    else if (!isOfTurn) toldBeside = at;
    if (name === "message") return take(data, false);
    if (name === "takeover") {
      human = data.name;
      view.log.abandon();
      return view.human(human, true);
    }
    if (name === "release") {
      human = null;
      return view.human(null, true);
    }
    if (name === "typing") return typed();
    if (name === "delta") view.log.grow(data.text, nameNow());
    else if (name === "reset") view.log.void();
    else if (name === "done") finish(data);
  };

  /** Listens for what happens without us: a person who takes over, another tab, an answer whose line broke. */
  const listen = () => {
    if (listener || !session || isRestoring) return;
    const mine = new AbortController();
    listener = mine;
    (async () => {
      for (let attempt = 0; listener === mine; attempt += 1) {
        try {
          const after = lastId === null ? "" : `?lastEventId=${encodeURIComponent(lastId)}`;
          const answer = await ask(pathOf(`/events${after}`), { token: session.token, accept: "text/event-stream", signal: mine.signal });
          attempt = 0;
          view.line("");
          flush();
          await readEvents(answer, (event) => { if (listener === mine) hear(event, false); });
        } catch (fault) {
          if (listener !== mine) return;
          if (fault.status === 401 || fault.status === 404) return forget();
          if (fault.status === 403) return stop();
          if (!(fault instanceof Refusal)) warn(fault);
          if (attempt > 0) view.line("lost");
          if (fault.seconds) await pause(fault.seconds * 1_000, mine.signal);
        }
        await pause(backOff(attempt), mine.signal);
      }
    })();
  };
  function stop() {
    listener?.abort();
    listener = null;
  }

  /** The answer to a message that was accepted, from the events after the last one seen. */
  const resume = () => new Promise((done, fail) => {
    let timer;
    const quiet = () => fail(new Refusal(0));
    const wait = () => { clearTimeout(timer); timer = setTimeout(quiet, PATIENCE_MS); };
    isAnswering = false;
    // The other line may be further: what it told of this turn was passed over.
    if (toldOfTurn >= 0) lastId = lastOfTurn;
    awaited = (data) => { clearTimeout(timer); awaited = null; done(data); };
    noteLife = wait;
    wait();
    stop();
    listen();
  }).finally(() => { awaited = noteLife = null; });

  /** Sends a message and stays until its answer is there. */
  const turn = async (item) => {
    const body = { message: item.text, clientMessageId: item.id };
    isAnswering = true;
    let isAccepted = false;
    let isDone = false;
    try {
      const answer = await ask(pathOf("/message"), { body, token: session.token, accept: "text/event-stream" });
      renewals = 0;
      view.line("");
      view.sent(item);
      view.log.void();
      if (!human) view.log.expect(config.agentName);
      if (!(answer.headers.get("Content-Type") ?? "").includes("event-stream")) return finish(await answer.json());
      await readEvents(answer, (event) => {
        if (event.name === "accepted") {
          isAccepted = true;
          noteId(event.id);
          tellTurn(event.id);
          view.log.know(event.data.messageId, view.log.row(item.id));
          return;
        }
        if (event.name === "done") isDone = true;
        hear(event, true);
      });
    } catch (fault) {
      isAnswering = false;
      if (isDone) return;
      if (!isAccepted || fault.status !== 0) throw fault;
    }
    isAnswering = false;
    if (!isDone) await resume();
  };

  /** Tries until the server has answered, or has said that it never will. */
  const deliver = async (item) => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await begin();
        listen();
        await turn(item);
        return;
      } catch (fault) {
        const { status } = fault;
        if (status === 429) {
          await view.wait(item, Math.min(fault.seconds || 5, 120));
          continue;
        }
        if ((status === 401 || status === 404) && renewals < MOST_RENEWALS) {
          renewals += 1;
          forget();
          continue;
        }
        if (status >= 400 && status < 500) {
          view.log.abandon();
          view.refused(item, status === 413 || status === 422 ? "tooLong" : status === 403 ? "off" : "refused");
          return;
        }
        if (!(fault instanceof Refusal)) warn(fault);
        view.unsent(item);
        view.line(navigator.onLine ? "lost" : "offline");
        await pause(backOff(attempt));
      }
    }
  };

  const flush = async () => {
    if (isSending || isRestoring) return;
    isSending = true;
    try {
      for (let item = memory.unsent[0]; item; item = memory.unsent[0]) {
        await deliver(item);
        memory.remove(item.id);
      }
    } finally {
      isSending = false;
    }
  };

  /** Shows a conversation that was begun before; until it is there nothing is sent and nothing heard. */
  const restore = async () => {
    if (isRestoring) return;
    isRestoring = true;
    try {
      await show();
    } finally {
      isRestoring = false;
    }
    listen();
    await flush();
  };
  const show = async () => {
    for (let attempt = 0; session; attempt += 1) {
      try {
        const history = await (await ask(pathOf(), { token: session.token })).json();
        view.log.clear();
        settled.clear();
        view.welcome();
        human = history.human?.name ?? null;
        for (const message of history.messages) take(message, true);
        fromTheStart();
        noteId(history.lastEventId ?? null);
        toldBeside = placeOf(lastId);
        view.human(human, false);
        view.ask(history.flow, history.quickReplies);
        view.line("");
        view.log.toEnd();
        const last = history.messages.at(-1);
        for (const item of memory.unsent) {
          const isLast = last?.clientMessageId === item.id;
          // Its answer is there; or somebody else gives it.
          if (view.log.row(item.id) && (!isLast || human)) memory.remove(item.id);
          else if (!view.log.row(item.id)) view.mine(item);
        }
        return;
      } catch (fault) {
        if (fault.status === 401 || fault.status === 404) {
          forget();
          break;
        }
        if (!(fault instanceof Refusal)) warn(fault);
        view.line(navigator.onLine ? "lost" : "offline");
        await pause(Math.max(backOff(attempt), fault.seconds * 1_000 || 0));
      }
    }
    for (const item of memory.unsent) if (!view.log.row(item.id)) view.mine(item);
  };

  return {
    begin,
    forget,
    listen,
    stop,
    flush,
    restore,
    get hasSession() { return session !== null; },
    /** What the visitor says; `shown` where it reads differently. */
    say(text, shown) {
      const item = { id: freshId(), text, shown: shown ?? text, at: Date.now() };
      memory.keep();
      memory.add(item);
      view.mine(item);
      view.clearOffers();
      emit("message", { role: "VISITOR" });
      return flush();
    },
    /** Another tab has begun, or begun anew. */
    adopt(talk) {
      if (!talk?.session || talk.session.id === session?.id) return;
      memory.adopt(talk);
      session = talk.session;
      fromTheStart();
      stop();
      restore().catch(warn);
    },
  };
};
