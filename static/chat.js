// The page: a question goes out, an answer streams in, one at a time.

import { AnswerView, createQuestion } from "./message.js";
import { Speech } from "./speech.js";
import { AnswerStream } from "./stream.js";

const bottomSlack = 48; // px from the end that still count as being there
const copiedShown = 1500; // ms

const find = (id) => document.getElementById(id);
const composer = find("composer");
const prompt = find("prompt");
const sendButton = find("send");
const stopButton = find("stop");
const latestButton = find("latest");
const connection = find("connection");
const log = find("log");
const welcome = find("welcome");
const speech = new Speech(find("speech"));
const address = new URLSearchParams(location.search);

/** The stream that runs now, or null. */
let current = null;
let conversation = newID();
let isFollowing = true; // the reader is at the end and stays there as text comes
let lastScroll = 0;

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
prompt.addEventListener("keydown", (event) => {
  const isComposing = event.isComposing || event.keyCode === 229; // Enter picks a word then
  if (event.key !== "Enter" || event.shiftKey || isComposing) return;
  event.preventDefault();
  send();
});
prompt.addEventListener("input", fitPrompt);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing) stop();
});
stopButton.addEventListener("click", stop);
find("new").addEventListener("click", startOver);
log.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-action]");
  if (button) act(button);
});
latestButton.addEventListener("click", () => {
  isFollowing = true;
  follow();
  prompt.focus({ preventScroll: true });
});
addEventListener("scroll", noticeScroll, { passive: true });
addEventListener("resize", follow, { passive: true });

prompt.value = address.get("prompt") ?? "";
fitPrompt();
showWhoAnswers();

function send() {
  const text = prompt.value;
  if (current || !text.trim()) {
    prompt.focus();
    return;
  }
  prompt.value = "";
  fitPrompt();
  welcome.hidden = true;
  log.append(createQuestion(text));
  ask({ prompt: text, conversation, model: address.get("model") ?? "" });
}

function ask(question, options) {
  const view = new AnswerView(question, follow);
  const stream = new AnswerStream(question, {
    started: (model) => view.started(model),
    text: (part) => {
      view.appendText(part);
      speech.hear(part);
    },
    reasoning: (part) => view.appendReasoning(part),
    connection: showConnection,
    ended: (ending) => finish(view, ending),
    stopUncertain: () => view.addNote("The server could not be told; it may finish by itself."),
  });
  current = stream;
  isFollowing = true;
  log.append(view.element);
  showActivity(true);
  follow();
  stream.ask(options);
}

function finish(view, ending) {
  current = null;
  showConnection(true);
  showActivity(false);
  speech.finish(view.end(ending) || "End of answer.");
}

function stop() {
  current?.stop();
}

function startOver() {
  stop();
  conversation = newID();
  log.replaceChildren();
  speech.reset();
  welcome.hidden = false;
  prompt.focus();
}

function act(button) {
  const { view } = button.closest("article");
  switch (button.dataset.action) {
  case "copy-code":
    copy(button.closest(".code").querySelector("code").textContent, button);
    break;
  case "copy-answer":
    copy(view.source, button);
    break;
  case "retry":
    if (current) return;
    button.remove();
    prompt.focus({ preventScroll: true });
    // Posted, because the words of a refusal cannot be read through EventSource.
    ask(view.question, { posting: view.element.dataset.ending === "refused" });
    break;
  }
}

function showActivity(isActive) {
  const [shown, hidden] = isActive ? [stopButton, sendButton] : [sendButton, stopButton];
  const hadFocus = document.activeElement === hidden;
  shown.hidden = false;
  hidden.hidden = true;
  if (hadFocus) shown.focus({ preventScroll: true });
  log.setAttribute("aria-busy", String(isActive));
}

function showConnection(isConnected) {
  const words = isConnected ? "" : "Connection lost, reconnecting…";
  if (connection.textContent !== words) connection.textContent = words;
  follow();
}

/** Keeps the end in view for a reader who is there, and leaves alone one who scrolled up. */
function follow() {
  if (isFollowing) scrollTo(0, document.documentElement.scrollHeight);
  latestButton.hidden = isFollowing || isAtEnd();
}

function noticeScroll() {
  if (isAtEnd()) isFollowing = true;
  else if (scrollY < lastScroll) isFollowing = false; // only the reader scrolls up
  lastScroll = scrollY;
  latestButton.hidden = isFollowing || isAtEnd();
}

function isAtEnd() {
  return document.documentElement.scrollHeight - innerHeight - scrollY < bottomSlack;
}

function fitPrompt() {
  if (CSS.supports("field-sizing", "content")) return;
  prompt.style.height = "auto";
  prompt.style.height = `${prompt.scrollHeight + 2}px`;
}

async function copy(text, button) {
  const isCopied = await writeClipboard(text);
  const label = button.textContent;
  button.textContent = isCopied ? "Copied" : "Not copied";
  speech.say(button.textContent);
  button.disabled = true;
  setTimeout(() => {
    button.textContent = label;
    button.disabled = false;
  }, copiedShown);
}

async function writeClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain HTTP from another machine there is no clipboard object: copy a selection.
  }
  const holder = document.createElement("textarea");
  holder.className = "unseen";
  holder.value = text;
  document.body.append(holder);
  holder.select();
  const isCopied = document.execCommand("copy");
  holder.remove();
  return isCopied;
}

async function showWhoAnswers() {
  try {
    const response = await fetch("/v1/models");
    const { data } = await response.json();
    find("simulated").hidden = !data.some((model) => model.owned_by === "simulator");
  } catch {
    // Not worth a word: the first question will tell whether the server is there.
  }
}

/** 128 random bits; crypto.randomUUID is missing over plain HTTP from another machine. */
function newID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
