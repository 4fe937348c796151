// Markdown to DOM, for text that arrives in pieces.
//
// Model output is hostile input: everything becomes a text node or one of the few elements
// created here by name. There is no HTML pass-through, no image (its URL would be fetched, which
// leaks data), and a link is http or https or it stays text.
//
// While text streams in, finished blocks are left alone: only the source from the last block on
// is parsed again, and only the nodes whose own source changed are touched. A reader's selection
// in what is already there survives.

import { parseBlocks } from "./blocks.js";
import { inline } from "./inline.js";

/** Renders a growing Markdown text into `root`, which belongs to it from then on. */
export class MarkdownView {
  constructor(root) {
    this.root = root;
    this.tail = ""; // source from the start of the last, still growing block
    this.blocks = []; // what stands for `tail` in the DOM
  }

  /** Adds source. Nothing is drawn before `draw`. */
  append(text) {
    this.tail += text;
  }

  /** Draws what was appended. `isFinal`: nothing follows, so an open marker is only a character. */
  draw(isFinal = false) {
    const lines = this.tail.split(/\r\n?|\n/); // EventSource hands on no CR, the history does
    const blocks = parseBlocks(lines);
    patch(this.root, this.blocks, blocks, !isFinal);
    this.blocks = blocks;
    if (!isFinal) this.settle(lines);
  }

  // A block is settled when the line that begins its successor is whole: half a line may still
  // turn out to continue the block ("-" before "-5 degrees").
  settle(lines) {
    const lastWhole = lines.length - 2;
    let count = this.blocks.length - 1;
    while (count > 0 && this.blocks[count].line > lastWhole) count -= 1;
    if (count <= 0) return;
    const from = this.blocks[count].line;
    this.tail = lines.slice(from).join("\n");
    this.blocks = this.blocks.slice(count);
    for (const block of this.blocks) block.line -= from;
  }
}

// Descriptions to nodes: `old[i]` and `blocks[i]` stand for the same place.
function patch(parent, old, blocks, isOpen) {
  blocks.forEach((block, index) => {
    const before = old[index];
    const opens = isOpen && index === blocks.length - 1;
    if (before && before.type === block.type && before.start === block.start) {
      block.node = before.node;
      if (before.raw !== block.raw || before.isOpen !== opens) fill(block, before, opens);
      else Object.assign(block, { children: before.children, isOpen: opens });
      return;
    }
    block.node = createNode(block);
    fill(block, null, opens);
    if (before) before.node.replaceWith(block.node);
    else parent.append(block.node);
  });
  for (const gone of old.slice(blocks.length)) gone.node.remove();
}

function createNode(block) {
  if (block.type === "pre") return createCode();
  const node = block.type === "table" ? element("div", "table") : element(block.type);
  if (block.type === "table") node.tabIndex = 0; // wide tables scroll, by keyboard too
  if (block.type === "ol" && block.start !== 1) node.start = block.start;
  return node;
}

function createCode() {
  const frame = element("div", "code");
  const bar = element("div", "code-bar");
  const copy = element("button", "quiet");
  copy.type = "button";
  copy.dataset.action = "copy-code";
  copy.textContent = "Copy";
  bar.append(element("span"), copy);
  const pre = element("pre");
  pre.tabIndex = 0;
  const code = element("code");
  code.append(document.createTextNode(""));
  pre.append(code);
  frame.append(bar, pre);
  return frame;
}

function fill(block, before, isOpen) {
  block.isOpen = isOpen;
  if (block.children) {
    patch(block.node, before?.children ?? [], block.children, isOpen);
  } else if (block.type === "pre") {
    fillCode(block);
  } else if (block.type === "table") {
    fillTable(block, isOpen);
  } else if (block.type !== "hr") {
    refill(block.node, inline(block.text, isOpen));
  }
}

function fillCode(block) {
  const [bar, pre] = block.node.children;
  const label = block.language || "text";
  if (bar.firstChild.textContent !== label) {
    bar.firstChild.textContent = label;
    pre.setAttribute("aria-label", `Code, ${label}`);
    bar.lastChild.setAttribute("aria-label", `Copy code, ${label}`);
  }
  const text = pre.firstChild.firstChild;
  // Code only grows at its end, and may be long: the new part alone is handed to the browser.
  if (text.data && block.text.startsWith(text.data)) {
    if (block.text.length > text.length) text.appendData(block.text.slice(text.length));
  } else {
    text.data = block.text;
  }
}

function fillTable(block, isOpen) {
  const table = element("table");
  const [head, ...body] = block.rows.map((cells, row) => {
    const line = element("tr");
    block.sides.forEach((side, column) => {
      const cell = element(row === 0 ? "th" : "td", side && `to-${side}`);
      if (row === 0) cell.scope = "col";
      cell.append(inline(cells[column] ?? "", isOpen && row === block.rows.length - 1));
      line.append(cell);
    });
    return line;
  });
  const top = element("thead");
  const rest = element("tbody");
  top.append(head);
  rest.append(...body);
  table.append(top, rest);
  refill(block.node, table);
}

// A link that has the focus hands it to the one that takes its place.
function refill(node, content) {
  const focused = document.activeElement;
  const index = node.contains(focused) ? [...node.querySelectorAll("a")].indexOf(focused) : -1;
  node.replaceChildren(content);
  if (index >= 0) node.querySelectorAll("a")[index]?.focus({ preventScroll: true });
}

export function element(name, className) {
  const node = document.createElement(name);
  if (className) node.className = className;
  return node;
}
