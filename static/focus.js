// The focus stays near when what had it goes away: on the page's body a keyboard would begin anew.

/** Makes a change; if it takes away what has the focus, what it returns gets it, or `fallback`. */
export function keepFocus(change, fallback) {
  const focused = document.activeElement;
  const next = change();
  if (focused === document.body || focused?.getClientRects().length > 0) return;
  (next ?? fallback)?.focus({ preventScroll: true });
}
