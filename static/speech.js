// Reads a growing answer to screen readers in whole sentences.
//
// A live region that holds the answer itself would be read token by token. This one gets a
// paragraph when a sentence is complete, not more often than every two seconds, and is spoken
// politely, after what the reader is saying already.

const minInterval = 2000; // ms
const maxParagraphs = 4; // older ones have been read

const sentenceEnd = /[.!?…][)\]"'*_]*\s+|[。！？]|\n+/g;

export class Speech {
  constructor(region) {
    this.region = region;
    this.heard = "";
    this.spokenAt = 0;
    this.timer = 0;
    this.isInCode = false;
  }

  /** Takes the next part of the answer. */
  hear(text) {
    this.heard += text;
    if (!this.timer) {
      const wait = Math.max(0, this.spokenAt + minInterval - Date.now());
      this.timer = setTimeout(() => this.flush(false), wait);
    }
  }

  /** Says what is left of the answer, and then `remark`. */
  finish(remark) {
    this.flush(true);
    this.isInCode = false;
    this.say(remark);
  }

  /** Forgets what was not said yet. */
  reset() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.heard = "";
    this.isInCode = false;
    this.region.replaceChildren();
  }

  say(text) {
    if (!text.trim()) return;
    const line = document.createElement("p");
    line.textContent = text;
    this.region.append(line);
    while (this.region.childElementCount > maxParagraphs) this.region.firstChild.remove();
  }

  flush(isEnd) {
    clearTimeout(this.timer);
    this.timer = 0;
    this.spokenAt = Date.now();
    let end = isEnd ? this.heard.length : 0;
    if (!isEnd) {
      for (const found of this.heard.matchAll(sentenceEnd)) end = found.index + found[0].length;
    }
    if (end === 0) return;
    const lines = this.heard.slice(0, end).split("\n");
    this.heard = this.heard.slice(end);
    this.say(lines.map((line) => this.spoken(line)).filter(Boolean).join("\n"));
  }

  // Code is announced, not spelled.
  spoken(line) {
    if (/^\s*(```|~~~)/.test(line)) {
      this.isInCode = !this.isInCode;
      return this.isInCode ? "Code block." : "End of code.";
    }
    if (this.isInCode) return "";
    return line.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*_`#>|~]+/g, " ").trim();
  }
}
