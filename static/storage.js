// What this browser keeps for the page; where it keeps nothing, the page does while it is open.

const memory = new Map();

/** The names that begin with `prefix`. */
export function names(prefix) {
  let stored = [];
  try {
    stored = Object.keys(localStorage);
  } catch {
    // Forbidden: only memory is left.
  }
  // What could not be replaced is stored and in memory.
  const all = new Set([...stored, ...memory.keys()]);
  return [...all].filter((name) => name.startsWith(prefix));
}

export function read(name) {
  if (memory.has(name)) return memory.get(name);
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keeps a text under a name; null forgets it. */
export function write(name, text) {
  memory.delete(name);
  try {
    if (text === null) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
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
