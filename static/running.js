// What was asked from this browser and whose end was not seen yet, one question per conversation.
//
// It is kept in localStorage: a reload and other tabs find there what to attach to. The key stands
// for the question at the server, which answers it once however often it is asked.

import { names, readJSON, watch as watchStorage, write } from "./storage.js";

const prefix = "sse-relay.running.";
const deleted = "sse-relay.deleted";

/**
 * Questions as {conversation, prompt, model, key, askedAt, id, ending, message}: `askedAt` in ms
 * since 1970; `id` of the answer, once it is known; `ending` where there will be no answer.
 */
export function get(conversation) {
  return parse(prefix + conversation);
}

export function set(question) {
  write(prefix + question.conversation, JSON.stringify(question));
}

/** Changes what is kept of a question, unless another one has taken its place. */
export function update(question, changes) {
  Object.assign(question, changes);
  if (get(question.conversation)?.key === question.key) set(question);
}

/** Forgets a question, unless another one has taken its place. */
export function remove({ conversation, key }) {
  if (get(conversation)?.key === key) write(prefix + conversation, null);
}

export function removeAll(conversation) {
  write(prefix + conversation, null);
  write(deleted, JSON.stringify([conversation, Date.now()]));
}

/** The questions of all conversations, the newest first. */
export function all() {
  const questions = names(prefix).map(parse);
  return questions.filter(Boolean).sort((a, b) => b.askedAt - a.askedAt);
}

/** Calls `changed(conversation)` and `wasDeleted(conversation)` when another tab did something. */
export function watch(changed, wasDeleted) {
  watchStorage((name, text) => {
    if (name.startsWith(prefix)) changed(name.slice(prefix.length));
    else if (name === deleted) wasDeleted(JSON.parse(text ?? "[]")[0]);
  });
}

function parse(name) {
  const question = readJSON(name);
  return question?.key && question.conversation ? question : null;
}
