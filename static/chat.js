// The page: a question goes out, an answer streams in, one at a time; beside it the conversations.

import { conversationInAddress, name, visit } from "./address.js";
import { copy } from "./clipboard.js";
import { Conversation, newID } from "./conversation.js";
import { deleteConversation } from "./history.js";
import { ConversationList } from "./list.js";
import * as running from "./running.js";
import { Scroll } from "./scroll.js";
import { Speech } from "./speech.js";
import * as stops from "./stops.js";
import { onLeave, onWake } from "./wake.js";

const copiedShown = 1500; // ms

const connections = {
  open: "",
  lost: "Connection lost, reconnecting…",
  waiting: "Waiting for a connection. Other windows of this page may hold all that there are.",
};

const find = (id) => document.getElementById(id);
const composer = find("composer");
const prompt = find("prompt");
const sendButton = find("send");
const stopButton = find("stop");
const connection = find("connection");
const log = find("log");
const welcome = find("welcome");
const side = find("side");
const confirmation = find("confirmation");
const scroll = new Scroll(find("latest"));
const speech = new Speech(find("speech"));
const list = new ConversationList(side, { choose, remove: askToDelete });
const address = new URLSearchParams(location.search);

const page = {
  model: address.get("model") ?? "",
  activity: showActivity,
  connection: showConnection,
  text: (part) => speech.hear(part),
  ended: (words) => speech.finish(words || "End of answer."),
  changed: () => list.refresh(),
  drawn: () => {
    welcome.hidden = !conversation.isEmpty;
    scroll.follow();
  },
  keepPlace: (change) => scroll.keepPlace(change),
};
let conversation;

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
  // Escape closes what lies over the page first.
  const isCovered = confirmation.open || isSideOver();
  if (event.key === "Escape" && !event.isComposing && !isCovered) conversation.stop();
});
stopButton.addEventListener("click", () => conversation.stop());
find("new").addEventListener("click", () => choose(null));
log.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-action]");
  const view = button?.closest("article")?.view;
  if (view) act(button, view);
});
find("latest").addEventListener("click", () => {
  scroll.toEnd();
  prompt.focus({ preventScroll: true });
});
side.addEventListener("toggle", ({ newState }) => {
  if (newState === "open") list.refresh(); // another device may have asked
});
addEventListener("popstate", () => {
  const id = conversationInAddress();
  if (id !== shownID()) show(id);
});
onLeave(() => conversation.rest());
onWake(() => {
  stops.deliver();
  conversation.catchUp();
  list.refresh();
});
stops.listen((key, isDelivered) => {
  const words = conversation.stopTold(key, isDelivered);
  if (words) speech.say(words);
  if (isDelivered) list.refresh();
});
running.watch((changed) => {
  if (changed === conversation.id) catchUpWithTab();
  if (!document.hidden) list.refresh(); // else when somebody looks
}, wasDeleted);

prompt.value = address.get("prompt") ?? "";
fitPrompt();
show(conversationInAddress());
stops.deliver();
list.refresh();
showWhoAnswers();

// ---- Conversations

/** Shows a conversation, or with null the beginning of a new one. */
function show(id) {
  conversation?.leave();
  log.replaceChildren();
  speech.reset();
  showActivity(false);
  showConnection("open");
  conversation = new Conversation(id ?? newID(), log, page, id === null);
  welcome.hidden = id !== null;
  list.mark(conversation.id);
  scroll.toEnd();
  if (id !== null) conversation.catchUp();
}

/** The conversation that has an address; null for one in which nothing was asked yet. */
function shownID() {
  return conversation.isNew && conversation.isEmpty ? null : conversation.id;
}

function choose(id) {
  if (isSideOver()) side.hidePopover();
  if (id === null || id !== conversation.id) {
    visit(id);
    show(id);
  }
  prompt.focus({ preventScroll: true });
}

// Whether the list lies over the page; browsers without popovers have it below.
function isSideOver() {
  return "popover" in side && side.matches(":popover-open");
}

// Another tab has asked here, or has seen an end.
function catchUpWithTab() {
  const question = running.get(conversation.id);
  if (question?.id) conversation.attach();
  else if (!question && !conversation.current) conversation.catchUp();
}

function askToDelete(id, title) {
  find("confirmed-title").textContent = title;
  confirmation.returnValue = "";
  confirmation.onclose = () => confirmation.returnValue === "delete" && remove(id);
  confirmation.showModal();
}
find("delete").addEventListener("click", () => confirmation.close("delete"));
find("keep").addEventListener("click", () => confirmation.close(""));

async function remove(id) {
  try {
    await deleteConversation(id);
  } catch {
    list.say("It could not be deleted.");
    return;
  }
  running.removeAll(id);
  wasDeleted(id);
  speech.say("Deleted.");
}

function wasDeleted(id) {
  list.forget(id);
  if (id !== conversation.id) return;
  name(null);
  show(null);
}

// ---- Asking

function send() {
  const text = prompt.value;
  if (conversation.current || !text.trim()) {
    prompt.focus();
    return;
  }
  prompt.value = "";
  fitPrompt();
  name(conversation.id);
  scroll.toEnd();
  conversation.send(text, page.model);
}

function act(button, view) {
  switch (button.dataset.action) {
  case "copy-code":
    copyFrom(button, button.closest(".code").querySelector("code").textContent);
    break;
  case "copy-answer":
    copyFrom(button, view.source);
    break;
  case "retry":
    if (conversation.current) return;
    button.remove();
    prompt.focus({ preventScroll: true });
    scroll.toEnd();
    conversation.retry(view);
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

function showConnection(state) {
  const words = connections[state];
  if (connection.textContent !== words) connection.textContent = words;
  scroll.follow();
}

function fitPrompt() {
  if (CSS.supports("field-sizing", "content")) return;
  prompt.style.height = "auto";
  prompt.style.height = `${prompt.scrollHeight + 2}px`;
}

async function copyFrom(button, text) {
  const isCopied = await copy(text);
  const label = button.textContent;
  button.textContent = isCopied ? "Copied" : "Not copied";
  speech.say(button.textContent);
  button.disabled = true;
  setTimeout(() => {
    button.textContent = label;
    button.disabled = false;
  }, copiedShown);
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
