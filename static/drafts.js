// What was written and not sent, for each conversation: a reload and a look at another leave it.

import { marked, readJSON, write } from "./storage.js";

const name = "sse-relay.drafts";
const maxDrafts = 50;
const maxCharacters = 500_000; // of all of them; older ones go

/** The draft of a conversation, or with null of a new one, which is this tab's alone. */
export function get(conversation) {
  if (conversation === null) return beginning();
  return all().find(([id]) => id === conversation)?.[1] ?? "";
}

export function set(conversation, text) {
  if (conversation === null) return begin(text);
  const others = all().filter(([id]) => id !== conversation);
  if (!text && others.length === all().length) return;
  let room = maxCharacters;
  const kept = [...(text ? [[conversation, text]] : []), ...others].slice(0, maxDrafts)
    .filter(([, draft]) => draft.length <= room && ((room -= draft.length), true));
  write(name, kept.length > 0 ? JSON.stringify(kept) : null);
}

function all() {
  const drafts = readJSON(name);
  return Array.isArray(drafts) ? drafts : [];
}

let unkept = ""; // where the browser keeps nothing for pages

function beginning() {
  try {
    return sessionStorage.getItem(marked(name)) ?? unkept;
  } catch {
    return unkept;
  }
}

function begin(text) {
  unkept = text;
  try {
    if (text) sessionStorage.setItem(marked(name), text);
    else sessionStorage.removeItem(marked(name));
  } catch {
    // Forbidden or full: kept until the page is left.
  }
}
