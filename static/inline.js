// Markdown inside a paragraph, in one pass: opened markers wait on a stack until they are closed
// or given up. Formulas stay as they are written. Only text nodes, code, strong, em, del, br and
// checked anchors come out.

const maxOpenMarkers = 32; // bounds the search for an opening marker: a line of stars stays linear
const maxPartialAddress = 2049; // with its bracket

const tokenPattern = new RegExp([
  /(\$+|\\[([])/, /\\([!-\/:-@[-`{-~])/, /(`+)/,
  /<(https?:\/\/[^\s<>]+)>/, /(https?:\/\/[^\s<>`"\]]+)/,
  /(\*+|_+|~~)/, /(!?\[)/, /(\])/, /(\\?\n)/,
].map((pattern) => pattern.source).join("|"), "gi");
const address = /<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?/;
// No blank follows the first ones, or a long row of them would be split in every way.
const targetPattern =
  new RegExp(`\\([ \\t]*(?![ \\t])${address.source}(?:[ \\t]+"[^"]*")?[ \\t]*\\)`, "y");
// "$5 and $6" is none: a closing "$" follows the formula at once, and no letter or digit follows.
const shortFormula = /(?<![\p{L}\p{N}])\$(?!\s)(?:\\.|[^\\$`\n])+(?<!\s)\$(?![\p{L}\p{N}$])/uy;
const formulaCloses = { $$: "$$", "\\(": "\\)", "\\[": "\\]" };
const names = { "**": "strong", __: "strong", "*": "em", _: "em", "~~": "del" };

/** A fragment for `text`. `isOpen`: more of it is to come. */
export function inline(text, isOpen) {
  const writer = new InlineWriter();
  const unclosed = new Set(); // formulas' openings and lengths of backtick runs without a partner
  const token = new RegExp(tokenPattern);
  let at = 0;
  for (let found; (found = token.exec(text)); at = token.lastIndex) {
    writer.write(text.slice(at, found.index));
    const [whole, formula, escaped, ticks, bracketed, bare, marks, opens, closes, newline] = found;
    if (formula) token.lastIndex = readFormula(writer, text, found.index, formula, unclosed, isOpen);
    else if (escaped) writer.write(escaped);
    else if (ticks) token.lastIndex = readCode(writer, text, found.index, ticks, unclosed, isOpen);
    else if (bracketed) writer.add(link(bracketed) ?? whole);
    else if (bare) token.lastIndex = readAddress(writer, found.index, bare);
    else if (marks) readMarks(writer, text, found.index, marks);
    else if (opens) writer.open(opens);
    else if (closes) token.lastIndex = readLinkEnd(writer, text, token.lastIndex, isOpen);
    else if (newline) writer.add(document.createElement("br"));
  }
  writer.write(text.slice(at));
  return fragmentOf(writer.finish(isOpen));
}

// Not spread into one call: a hostile line has more nodes than a call may have arguments.
function fragmentOf(nodes) {
  const fragment = document.createDocumentFragment();
  for (const node of nodes) fragment.append(node);
  return fragment;
}

function readFormula(writer, text, at, opening, unclosed, isOpen) {
  const start = at + opening.length;
  let end = 0;
  if (opening === "$") {
    shortFormula.lastIndex = at;
    if (shortFormula.test(text)) end = shortFormula.lastIndex;
  } else if (formulaCloses[opening]) {
    const close = formulaCloses[opening];
    const found = unclosed.has(opening) ? -1 : text.indexOf(close, start);
    if (found >= 0) end = found + close.length;
    else if (isOpen) end = text.length;
    else unclosed.add(opening);
  }
  if (end === 0) {
    writer.write(opening.replace("\\", ""));
    return start;
  }
  text.slice(at, end).split("\n").forEach((line, number) => {
    if (number > 0) writer.add(document.createElement("br"));
    writer.write(line);
  });
  return end;
}

function readCode(writer, text, at, ticks, unclosed, isOpen) {
  const start = at + ticks.length;
  let close = unclosed.has(ticks.length) ? -1 : text.indexOf(ticks, start);
  while (close >= 0) {
    let end = close;
    while (text[end] === "`") end += 1;
    if (end - close === ticks.length) {
      const code = text.slice(start, close).replaceAll("\n", " ");
      const isPadded = code.startsWith(" ") && code.endsWith(" ") && code.trim() !== "";
      writer.add(codeSpan(isPadded ? code.slice(1, -1) : code));
      return end;
    }
    close = text.indexOf(ticks, end);
  }
  if (isOpen && ticks.length < 3) {
    if (start < text.length) writer.add(codeSpan(text.slice(start)));
    return text.length;
  }
  unclosed.add(ticks.length);
  writer.write(ticks);
  return start;
}

function codeSpan(text) {
  const code = document.createElement("code");
  code.textContent = text;
  return code;
}

// A bare address ends before the punctuation of the sentence around it.
function readAddress(writer, at, bare) {
  const closing = bare.includes("(") ? "" : ")";
  let end = bare.length;
  while (end > 0 && `.,;:!?'"}*_~|${closing}`.includes(bare[end - 1])) end -= 1;
  const found = bare.slice(0, end);
  writer.add(link(found) ?? found);
  return at + Math.max(end, 1);
}

function readMarks(writer, text, at, marks) {
  const before = text[at - 1] ?? " ";
  const after = text[at + marks.length] ?? " ";
  const isWord = /[\p{L}\p{N}]/u;
  const isInWord = marks[0] === "_" && isWord.test(before) && isWord.test(after);
  let left = marks;
  if (!/\s/.test(before) && !isInWord) left = writer.close(left);
  if (!/\s/.test(after) && !isInWord && left.length <= 3) {
    while (left) {
      const mark = left.slice(0, 2);
      if (!names[mark]) break;
      writer.open(mark);
      left = left.slice(mark.length);
    }
  }
  writer.write(left);
}

function readLinkEnd(writer, text, at, isOpen) {
  targetPattern.lastIndex = at;
  const target = targetPattern.exec(text);
  const end = targetPattern.lastIndex;
  // An address still on its way: only its label is shown meanwhile.
  const isNearEnd = text.length - at <= maxPartialAddress;
  const isPartial = isOpen && !target && isNearEnd && /^\([^\s)]*$/.test(text.slice(at));
  if (isPartial && writer.closeLink(fragmentOf)) return text.length;
  if (writer.closeLink((label) => target && link(target[1], label))) return end;
  writer.write("]");
  return at;
}

/** An anchor, or null when the address is not one that may be followed. */
function link(target, label) {
  const url = URL.canParse(target) ? new URL(target) : null;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return null;
  const anchor = document.createElement("a");
  anchor.href = url.href;
  anchor.title = url.href; // a label may say something else than where the link goes
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  if (label) anchor.append(fragmentOf(label));
  if (anchor.querySelector("a")) anchor.textContent = anchor.textContent; // none inside another
  if (!anchor.textContent) anchor.textContent = target;
  return anchor;
}

/** Nodes and strings under construction: a stack of opened markers, each with what followed. */
class InlineWriter {
  constructor() {
    this.levels = [{ mark: "", nodes: [] }];
  }

  get top() {
    return this.levels.at(-1);
  }

  write(text) {
    if (!text) return;
    const { nodes } = this.top;
    if (typeof nodes.at(-1) === "string") nodes[nodes.length - 1] += text;
    else nodes.push(text);
  }

  add(node) {
    if (typeof node === "string") this.write(node);
    else this.top.nodes.push(node);
  }

  open(mark) {
    if (this.levels.length > maxOpenMarkers) this.write(mark);
    else this.levels.push({ mark, nodes: [] });
  }

  /** Closes as much of `marks` as has an opening; the rest is returned. */
  close(marks) {
    let left = marks;
    while (left) {
      // A link's label is a world of its own: its markers do not reach outside.
      const fence = this.levels.findLastIndex((level) => level.mark.endsWith("["));
      let index = this.levels.findLastIndex((level) => level.mark === left);
      if (index < 0) index = this.levels.findLastIndex((level) => left.startsWith(level.mark));
      if (index <= 0 || index < fence) return left;
      this.giveUpAbove(index);
      const { mark, nodes } = this.levels.pop();
      if (nodes.length === 0) {
        this.write(mark);
        return left;
      }
      this.addElement(names[mark], nodes);
      left = left.slice(mark.length);
    }
    return left;
  }

  /** Closes the innermost bracket with what `make` builds of its label; false if it does not. */
  closeLink(make) {
    const index = this.levels.findLastIndex((level) => level.mark.endsWith("["));
    if (index <= 0) return false;
    this.giveUpAbove(index);
    const { mark, nodes } = this.levels.pop();
    const made = make(nodes);
    if (made) {
      this.add(made);
      return true;
    }
    this.write(mark);
    for (const node of nodes) this.add(node);
    return false;
  }

  /** The nodes. An opened marker is text; bold is shown ahead of its end while more is to come. */
  finish(isOpen) {
    while (this.levels.length > 1) {
      const { mark, nodes } = this.top;
      if (isOpen && mark === "**") {
        this.levels.pop();
        if (nodes.length > 0) this.addElement("strong", nodes);
      } else {
        this.giveUpAbove(this.levels.length - 2);
      }
    }
    return this.top.nodes;
  }

  giveUpAbove(index) {
    while (this.levels.length > index + 1) {
      const { mark, nodes } = this.levels.pop();
      this.write(mark);
      for (const node of nodes) this.add(node);
    }
  }

  addElement(name, nodes) {
    const node = document.createElement(name);
    node.append(fragmentOf(nodes));
    this.top.nodes.push(node);
  }
}
