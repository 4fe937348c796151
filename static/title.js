// Markdown as plain words, for the names of conversations.

import { inline } from "./inline.js";

const maxCharacters = 100;
const blockMarks = /^\s*(?:(?:#{1,6}|>|[-*+])\s+)+/;

export function plainWords(markdown) {
  const line = markdown.slice(0, 10 * maxCharacters).replace(blockMarks, "");
  const words = inline(line, true).textContent.replace(/[`~]{3,}\w*/g, " ");
  return words.replace(/\s+/g, " ").trim().slice(0, maxCharacters);
}
