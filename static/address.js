// The conversation that the address names, as ?c=…, so that a reload, a link and the back button
// lead to it.

/** The conversation's id; null where a new one begins. */
export function conversationInAddress() {
  return new URLSearchParams(location.search).get("c") || null;
}

/** The address of a conversation, or with null of a new one; what else was chosen stays. */
export function addressOf(conversation) {
  const query = new URLSearchParams(location.search);
  query.delete("prompt"); // was for the first question
  query.delete("c");
  if (conversation !== null) query.set("c", conversation);
  const text = query.toString();
  return text ? `?${text}` : location.pathname;
}

/** Goes to a conversation; the back button leads to where the reader was. */
export function visit(conversation) {
  if (conversationInAddress() === conversation) return;
  history.pushState(null, "", addressOf(conversation));
}

/** Gives the conversation that begins here its address. */
export function name(conversation) {
  history.replaceState(null, "", addressOf(conversation));
}
