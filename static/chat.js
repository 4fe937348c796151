// The page: a question goes out, an answer streams in, one at a time; beside it the conversations.

import { addressOf, conversationInAddress, name, visit } from "./address.js";
import { copy } from "./clipboard.js";
import { Composer } from "./composer.js";
import { Conversation, newID } from "./conversation.js";
import * as drafts from "./drafts.js";
import { keepFocus } from "./focus.js";
import { deleteConversation } from "./history.js";
import { ConversationList } from "./list.js";
import * as running from "./running.js";
import { Scroll } from "./scroll.js";
import { isOutdated, logOut, request, user } from "./session.js";
import { Speech } from "./speech.js";
import * as stops from "./stops.js";
import { names, write } from "./storage.js";
import { plainWords } from "./title.js";
import { onLeave, onWake } from "./wake.js";

const copiedShown = 1500; // ms

const connections = {
  open: "",
  lost: "Connection lost, reconnecting…",
  waiting: "Waiting for a connection. Other windows of this page may hold all that there are.",
};

const find = (id) => document.getElementById(id);
const sendButton = find("send");
const stopButton = find("stop");
const connection = find("connection");
const log = find("log");
const welcome = find("welcome");
const side = find("side");
const confirmation = find("confirmation");
const scroll = new Scroll(find("latest"));
const speech = new Speech(find("speech"));
const composer = new Composer(find("composer"), send);
const list = new ConversationList(side, {
  choose, remove: askToDelete, drawn: showTitle, nearby: find("new"),
});
const address = new URLSearchParams(location.search);

const page = {
  model: address.get("model") ?? "",
  activity: showActivity,
  connection: showConnection,
  text: (part) => speech.hear(part),
  ended: (words) => speech.finish(words || "End of answer."),
  changed: () => {
    showTitle();
    list.refresh();
  },
  restored: showTitle,
  drawn: () => {
    welcome.hidden = !conversation.isEmpty;
    scroll.follow();
  },
  keepPlace: (change) => scroll.keepPlace(change),
};
const copying = new WeakMap(); // buttons to the timers that give them their word back
let conversation;

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
  composer.focus(log);
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
  if (isOutdated()) {
    location.reload();
    return;
  }
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

find("log-out").hidden = !user;
find("log-out").addEventListener("click", leave);

show(conversationInAddress());
if (address.has("prompt")) {
  composer.write(address.get("prompt"));
  history.replaceState(null, "", addressOf(conversationInAddress())); // a reload keeps the draft
}
composer.focus();
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
  composer.open(id);
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
  composer.focus();
}

function showTitle() {
  const title = conversation?.isEmpty && conversation.isNew ? "" : list.title(conversation?.id);
  document.title = plainWords(title || conversation?.firstQuestion || "") || "sse-relay";
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
  confirmation.onclose = () => {
    list.focus(id); // the row may have been drawn anew
    if (confirmation.returnValue === "delete") remove(id);
  };
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
  drafts.set(id, "");
  list.forget(id);
  if (id !== conversation.id) return;
  name(null);
  show(null);
}

// ---- Asking

function send() {
  const { text } = composer;
  if (conversation.current || !text.trim()) {
    composer.focus();
    return;
  }
  if (isOutdated()) { // the draft stays, for whoever has written it
    location.reload();
    return;
  }
  composer.clear(conversation.id);
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
    scroll.toEnd();
    keepFocus(() => {
      button.remove();
      conversation.retry(view);
    }, stopButton);
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

// The button stays enabled, or it would lose the focus.
async function copyFrom(button, text) {
  const isCopied = await copy(text);
  button.textContent = isCopied ? "Copied" : "Not copied";
  speech.say(button.textContent);
  clearTimeout(copying.get(button));
  copying.set(button, setTimeout(() => (button.textContent = "Copy"), copiedShown));
}

// ---- Signing out

async function leave() {
  try {
    await logOut();
  } catch {
    list.say("You could not be signed out.");
    return;
  }
  conversation.leave();
  drafts.set(null, "");
  for (const name of names("")) write(name, null);
  location.replace("/login");
}

async function showWhoAnswers() {
  try {
    const response = await request("/v1/models");
    const { data } = await response.json();
    find("simulated").hidden = !data.some((model) => model.owned_by === "simulator");
  } catch {
    // Not worth a word: the first question will tell whether the server is there.
  }
}
