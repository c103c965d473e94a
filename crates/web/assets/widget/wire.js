// Requests to the server, and the stream of what happens. The token stands in a header, never in an address.

/** No sign of life for this long, and the line is dead: the server sends one every 15 s. */
const SILENCE_MS = 40_000;
/** Most of a stream that is kept for want of an end. */
const LONGEST = 1_000_000;

/** What the server refused, with the seconds it asks to be left alone. A line that is dead has status 0. */
export class Refusal extends Error {
  constructor(status, seconds = 0) {
    super(`the server answered ${status}`);
    this.status = status;
    this.seconds = seconds;
  }
}

/** What asks the server at `base`. */
export const wireTo = (base) => async (path, { body, token, accept = "application/json", signal } = {}) => {
  const headers = { Accept: accept };
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  const request = { method: body ? "POST" : "GET", headers, signal, credentials: "omit", cache: "no-store", body: body && JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(base + path, request);
  } catch (fault) {
    throw signal?.aborted ? fault : new Refusal(0);
  }
  if (!answer.ok) throw new Refusal(answer.status, Number(answer.headers.get("Retry-After")) || 0);
  return answer;
};

/** Reads server-sent events and hands them on one by one, until the stream ends. One that breaks is a dead line. */
export const readEvents = async (answer, hear) => {
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      let timer;
      const silence = new Promise((_, fail) => { timer = setTimeout(() => fail(new Refusal(0)), SILENCE_MS); });
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (done) return;
      rest += decoder.decode(value, { stream: true }).replaceAll("\r", "");
      if (rest.length > LONGEST) throw new Refusal(0);
      const whole = rest.split("\n\n");
      rest = whole.pop();
      for (const text of whole) {
        const event = eventIn(text);
        if (event) hear(event);
      }
    }
  } catch (fault) {
    throw fault instanceof Refusal || fault?.name === "AbortError" ? fault : new Refusal(0);
  } finally {
    reader.cancel().catch(() => {});
  }
};

/** One event; none in a comment, and none where what came is no JSON. */
const eventIn = (text) => {
  const event = { name: "message", id: null, data: "" };
  for (const line of text.split("\n")) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "event") event.name = value;
    else if (field === "id") event.id = value;
    else if (field === "data") event.data += value;
  }
  try {
    return event.data ? { ...event, data: JSON.parse(event.data) } : null;
  } catch {
    return null;
  }
};

/** Waits; less long when the network is back or somebody looks. */
export const pause = (ms, signal) => new Promise((done) => {
  const timer = setTimeout(end, ms);
  function end() {
    clearTimeout(timer);
    removeEventListener("online", end);
    signal?.removeEventListener("abort", end);
    done();
  }
  addEventListener("online", end);
  signal?.addEventListener("abort", end);
});

/** How long to wait before another attempt: 0.5, 1, 2 … 20 s, and never all at the same moment. */
export const backOff = (attempt) => Math.min(20_000, 500 * 2 ** Math.min(attempt, 6)) * (0.6 + 0.4 * Math.random());
