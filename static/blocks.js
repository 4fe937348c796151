// Markdown lines to plain descriptions of blocks. No DOM here.

const maxNesting = 8; // quotes and lists inside each other; deeper levels stay paragraphs

const fencePattern = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const headingPattern = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const rulePattern = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const quotePattern = /^ {0,3}> ?/;
const itemPattern = /^( {0,3})([-*+]|\d{1,9}[.)])(?:([ \t]+)(.*)|$)/;
const formulaMarks = /`+[^`]*`+|\\.|\$\$/g;
const tableRulePattern = /^\|?[ \t]*:?-+:?(?:[ \t]*\|[ \t]*:?-+:?)*[ \t]*\|?$/;

/** Blocks as {type, line, end, raw, …}: first line, line after the last, and own source. */
export function parseBlocks(lines, depth = 0) {
  const blocks = [];
  const unclosed = new Map(); // what closes a formula, to the blank line that it is missing before
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      at += 1;
      continue;
    }
    const block = readBlock(lines, at, depth, unclosed);
    block.line = at;
    block.raw = lines.slice(at, block.end).join("\n");
    blocks.push(block);
    at = block.end;
  }
  return blocks;
}

function readBlock(lines, at, depth, unclosed) {
  const line = lines[at];
  const fence = fencePattern.exec(line);
  if (fence) return readFence(lines, at, fence);
  const heading = headingPattern.exec(line);
  if (heading) {
    const text = (heading[2] ?? "").trim().replace(/(^|[ \t])#+$/, "");
    return { type: `h${heading[1].length}`, text, end: at + 1 };
  }
  if (rulePattern.test(line)) return { type: "hr", end: at + 1 };
  if (depth < maxNesting) {
    if (quotePattern.test(line)) return readQuote(lines, at, depth);
    if (itemPattern.test(line)) return readList(lines, at, depth);
  }
  return isTable(lines, at) ? readTable(lines, at) : readParagraph(lines, at, depth, unclosed);
}

function readFence(lines, at, [opening, marker, info]) {
  const indent = opening.length - opening.trimStart().length;
  let end = at + 1;
  while (end < lines.length && !closesFence(lines[end], marker)) end += 1;
  const text = lines.slice(at + 1, end).map((line) => dedent(line, indent)).join("\n");
  const language = info.trim().split(/\s/, 1)[0].slice(0, 32);
  return { type: "pre", text, language, end: Math.min(end + 1, lines.length) };
}

function closesFence(line, marker) {
  const text = line.trim();
  return text.length >= marker.length && text === marker[0].repeat(text.length);
}

function readQuote(lines, at, depth) {
  let end = at;
  while (end < lines.length && quotePattern.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(quotePattern, ""));
  return { type: "blockquote", children: parseBlocks(inner, depth + 1), end };
}

function readList(lines, at, depth) {
  const first = itemPattern.exec(lines[at]);
  const ordered = isOrdered(first);
  const children = [];
  let end = at;
  while (end < lines.length) {
    let next = end;
    while (next < lines.length && isBlank(lines[next])) next += 1;
    const mark = next < lines.length && itemPattern.exec(lines[next]);
    if (!mark || isOrdered(mark) !== ordered || rulePattern.test(lines[next])) break;
    const item = readItem(lines, next, mark, depth);
    children.push(item);
    end = item.end;
  }
  const start = ordered ? parseInt(first[2], 10) : 1;
  return { type: ordered ? "ol" : "ul", start, children, end };
}

function readItem(lines, at, [, lead, marker, gap = " ", text = ""], depth) {
  // Models indent nested lists by two columns even under "1. ", so two are enough to belong.
  const content = lead.length + marker.length + (gap.length > 4 ? 1 : gap.length);
  const needed = Math.min(content, lead.length + 2);
  const inner = [text.replace(/^\[( |x|X)\] /, (box) => (box === "[ ] " ? "☐ " : "☑ "))];
  let end = at + 1;
  for (let next = end; next < lines.length; next += 1) {
    const line = lines[next];
    if (isBlank(line)) {
      inner.push("");
      continue;
    }
    const belongs = indentOf(line) >= needed;
    const isLazy = next === end && !itemPattern.test(line) && !startsBlock(lines, next);
    if (!belongs && !isLazy) break;
    inner.push(dedent(line, content));
    end = next + 1;
  }
  inner.length = end - at;
  return { type: "li", raw: inner.join("\n"), children: parseBlocks(inner, depth + 1), end };
}

function isTable(lines, at) {
  if (!lines[at].includes("|") || at + 1 >= lines.length) return false;
  const rule = lines[at + 1].trim();
  return tableRulePattern.test(rule) && splitRow(rule).length === splitRow(lines[at]).length;
}

function readTable(lines, at) {
  const sides = splitRow(lines[at + 1]).map((cell) => {
    if (!cell.endsWith(":")) return "";
    return cell.startsWith(":") ? "center" : "right";
  });
  const rows = [splitRow(lines[at])];
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|") && !isBlank(lines[end])) {
    rows.push(splitRow(lines[end]));
    end += 1;
  }
  return { type: "table", rows, sides, end };
}

function splitRow(line) {
  const cells = line.trim().replace(/^\|/, "").split(/(?<!\\)\|/);
  if (cells.length > 1 && isBlank(cells.at(-1))) cells.pop();
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function readParagraph(lines, at, depth, unclosed) {
  let end = formulaEnd(lines, at, unclosed);
  while (end < lines.length && !isBlank(lines[end]) && !startsBlock(lines, end, depth)) {
    end = formulaEnd(lines, end, unclosed);
  }
  const text = lines.slice(at, end).map((line) => line.trim()).join("\n").trimEnd();
  return { type: "p", text, end };
}

// The line after this one, or after the display formula that it begins: "- b" is no list in there. A
// formula whose first line is only "$$" or "\[" may have blank lines; one that never ends takes the
// rest, as more may be to come. `unclosed` keeps the work linear: what was not found before a blank
// line is not looked for again before that.
function formulaEnd(lines, at, unclosed) {
  const close = closeOfFormula(lines[at].trim());
  if (!close) return at + 1;
  const mayHaveBlanks = lines[at].trim().length === 2;
  if (!mayHaveBlanks && at < unclosed.get(close)) return at + 1;
  let end = at + 1;
  while (end < lines.length && !lines[end].includes(close)) {
    const isWholeBlank = isBlank(lines[end]) && end < lines.length - 1;
    if (isWholeBlank && !mayHaveBlanks) {
      unclosed.set(close, end);
      return at + 1;
    }
    end += 1;
  }
  return Math.min(end + 1, lines.length);
}

// What ends the formula that a line leaves open; null where it leaves none. It opens at the line's
// start or end: elsewhere "$$" may be a price.
function closeOfFormula(line) {
  let opened = null;
  for (const [mark] of line.matchAll(formulaMarks)) {
    if (opened === null && (mark === "$$" || mark === "\\[")) opened = mark;
    else if (mark === closes[opened]) opened = null;
  }
  const isAtEdge = opened && (line.startsWith(opened) || line.endsWith(opened));
  return isAtEdge ? closes[opened] : null;
}

const closes = { $$: "$$", "\\[": "\\]" };

// What ends a paragraph without a blank line. Of numbers only 1 does, or a year at the start of a
// line would begin a list.
function startsBlock(lines, at, depth = 0) {
  const line = lines[at];
  if (fencePattern.test(line) || headingPattern.test(line) || rulePattern.test(line)) return true;
  if (depth >= maxNesting) return false;
  if (quotePattern.test(line)) return true;
  const item = itemPattern.exec(line);
  return Boolean(item && item[4] && (!isOrdered(item) || parseInt(item[2], 10) === 1));
}

const isBlank = (line) => line.trim() === "";
const isOrdered = (item) => item[2].length > 1;
const indentOf = (line) => columnsOf(/^[ \t]*/.exec(line)[0]);
const columnsOf = (lead) => [...lead].reduce(nextColumn, 0);
const nextColumn = (column, space) => space === "\t" ? column - (column % 4) + 4 : column + 1;

/** The line without `count` columns of indentation; what is left of a tab becomes spaces. */
function dedent(line, count) {
  let column = 0;
  let at = 0;
  while (column < count && (line[at] === " " || line[at] === "\t")) {
    column = nextColumn(column, line[at]);
    at += 1;
  }
  return " ".repeat(Math.max(column - count, 0)) + line.slice(at);
}
