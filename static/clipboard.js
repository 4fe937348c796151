// Copying text.

/** Whether it worked. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain HTTP from another machine there is no clipboard object: copy a selection.
  }
  const focused = document.activeElement;
  const holder = document.createElement("textarea");
  holder.className = "unseen";
  holder.value = text;
  document.body.append(holder);
  holder.select();
  const isCopied = document.execCommand("copy");
  holder.remove();
  focused?.focus({ preventScroll: true });
  return isCopied;
}
