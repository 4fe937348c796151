// What the server keeps: conversations, and what was said in them.

import { request } from "./session.js";

const turnsAtOnce = 50;

/** What is known of a conversation that nobody has asked in. */
export const nothing = { turns: [], running: [], next: null };

/**
 * One page of the list, the newest first: {conversations: [{id, title, updated_at, running}], next};
 * `running` is the id of an answer that is being given there, on whatever device it was asked for.
 */
export async function fetchConversations(before) {
  const response = await request(`/chat/conversations?${query({ before })}`);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}

/**
 * The latest turns of a conversation, or those before an earlier page's `next`:
 * {turns: [{prompt, answer}], running, next}, the oldest first; `running` has the turns whose answers
 * are being given. There are none in an unknown conversation.
 */
export async function fetchTurns(conversation, before) {
  const response = await request(`${path(conversation)}?${query({ limit: turnsAtOnce, before })}`);
  if (response.status === 404) return nothing;
  if (!response.ok) throw new Error(`status ${response.status}`);
  const { messages, next } = await response.json();
  const turns = turnsOf(messages);
  const isRunning = ({ answer }) => answer.status === "running";
  const hasEnded = (turn) => !isRunning(turn);
  return { turns: turns.filter(hasEnded), running: turns.filter(isRunning), next };
}

/** An answer that has ended, by its id; null where the conversation does not have it. */
export async function fetchAnswer(conversation, id) {
  const { turns } = await fetchTurns(conversation);
  return turns.find(({ answer }) => answer.id === id)?.answer ?? null;
}

/**
 * What became of an answer: "running", "ended", or "gone" where the server knows nothing of it;
 * null where it cannot be asked now. No stream is opened to find out.
 */
export async function fetchState(conversation, id) {
  const known = await fetchTurns(conversation).catch(() => null);
  if (!known) return null;
  const hasIt = (turns) => turns.some(({ answer }) => answer.id === id);
  if (hasIt(known.running)) return "running";
  return hasIt(known.turns) ? "ended" : "gone";
}

export async function deleteConversation(conversation) {
  const response = await request(path(conversation), { method: "DELETE" });
  if (!response.ok) throw new Error(`status ${response.status}`);
}

function turnsOf(messages) {
  const turns = [];
  let asked = [];
  for (const message of messages) {
    if (message.role === "user") asked.push(textOf(message));
    if (message.role !== "assistant") continue;
    const text = textOf(message) + (message.refusal ?? "");
    turns.push({ prompt: asked.join("\n\n"), answer: { ...message, text } });
    asked = [];
  }
  return turns;
}

function textOf({ content }) {
  if (!Array.isArray(content)) return content ?? "";
  return content.map((part) => part.text ?? "").join("");
}

const path = (conversation) => `/chat/conversations/${encodeURIComponent(conversation)}`;

function query(items) {
  return new URLSearchParams(Object.entries(items).filter(([, value]) => value));
}
