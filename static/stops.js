// Stops that the server has not taken yet.
//
// Without them an answer runs, and is paid, to its end. So a stop is kept until the server has it:
// while the line is down, and over reloads. Telling it twice does no harm.

import { fetchTurns } from "./history.js";
import * as running from "./running.js";
import { request } from "./session.js";
import { names, readJSON, write } from "./storage.js";

const prefix = "sse-relay.stop.";
const maxUncertainty = 60_000; // ms after which a question that is nowhere never got through
const firstWait = 1000; // ms before the next attempt, then twice that
const maxWait = 16_000;

let listener = () => {};
let wait = firstWait;
let timer = 0;

/** Calls `told(key, isDelivered)` after each attempt to tell the server. */
export function listen(told) {
  listener = told;
}

/** Keeps the stop of a question, and tells the server of it as soon as that can be done. */
export function keep({ conversation, key, id, prompt, after, askedAt }) {
  const stop = { conversation, key, id, prompt, after, askedAt };
  write(prefix + key, JSON.stringify(stop));
  wait = firstWait;
  attempt(stop);
}

/** The stop that is kept of an answer. */
export function of(id) {
  return all().find((stop) => stop.id === id);
}

/** Tells the server of all stops that are kept. */
export async function deliver() {
  await Promise.all(all().map(attempt));
}

function all() {
  return names(prefix).map(readJSON).filter(Boolean);
}

async function attempt(stop) {
  const isDelivered = await tell(stop);
  if (isDelivered) write(prefix + stop.key, null);
  listener(stop.key, isDelivered);
  if (isDelivered || timer) return;
  timer = setTimeout(() => {
    timer = 0;
    deliver();
  }, wait);
  wait = Math.min(2 * wait, maxWait);
}

/** Whether nothing is left to tell. */
async function tell(stop) {
  try {
    const id = stop.id ?? (await findID(stop));
    if (!id) return Date.now() - stop.askedAt > maxUncertainty;
    const path = `/chat/streams/${encodeURIComponent(id)}`;
    const { ok, status } = await request(path, { method: "DELETE", keepalive: true });
    return ok || status === 404;
  } catch {
    return false; // the server was not reached
  }
}

/** The id of the answer to a question that was stopped before it was known. */
async function findID({ conversation, key, prompt, after }) {
  const { running: turns } = await fetchTurns(conversation);
  // The same may have been asked anew, and that is not what was stopped.
  const own = running.get(conversation);
  const isAnew = own && own.key !== key && own.prompt === prompt;
  if (isAnew && !own.id) return undefined;
  const isIt = ({ prompt: asked, answer }) =>
    asked === prompt && answer.id !== after && !(isAnew && answer.id === own.id);
  return turns.find(isIt)?.answer.id;
}
