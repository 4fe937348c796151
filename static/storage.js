// What this browser keeps for the page; where it keeps nothing, the page does while it is open.
//
// Each user who logs in has names of their own: what one has written is not shown to the next.

import { user } from "./session.js";

const memory = new Map();
const mark = user && `${user}/`;

/** The name under which the browser has it. */
export const marked = (name) => mark + name;

/** Calls `changed(name, text)` when another tab of this user has changed something. */
export function watch(changed) {
  addEventListener("storage", ({ key, newValue }) => {
    if (key?.startsWith(mark)) changed(key.slice(mark.length), newValue);
  });
}

/** The names that begin with `prefix`. */
export function names(prefix) {
  let stored = [];
  try {
    stored = Object.keys(localStorage);
  } catch {
    // Forbidden: only memory is left.
  }
  // What could not be replaced is stored and in memory.
  const own = stored.filter((name) => name.startsWith(mark)).map((name) => name.slice(mark.length));
  const all = new Set([...own, ...memory.keys()]);
  return [...all].filter((name) => name.startsWith(prefix));
}

export function read(name) {
  if (memory.has(name)) return memory.get(name);
  try {
    return localStorage.getItem(marked(name));
  } catch {
    return null;
  }
}

/** Keeps a text under a name; null forgets it. */
export function write(name, text) {
  memory.delete(name);
  try {
    if (text === null) localStorage.removeItem(marked(name));
    else localStorage.setItem(marked(name), text);
  } catch {
    if (text !== null) memory.set(name, text); // forbidden or full
  }
}

/** What is kept as JSON; null where there is nothing, or something else. */
export function readJSON(name) {
  try {
    return JSON.parse(read(name));
  } catch {
    return null;
  }
}
