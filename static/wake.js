// Notices that the page may have slept: a phone in a pocket, a closed lid, a network that was away.
//
// A connection can be dead then without a word to the browser, which would wait on it for minutes.

const tick = 5000; // ms
const maxLate = 10_000; // ms that a tick may be late before it counts as sleep

/** Calls `woken()` after each time that may have been sleep. */
export function onWake(woken) {
  addEventListener("online", woken);
  addEventListener("pageshow", (event) => event.persisted && woken());
  document.addEventListener("resume", woken);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") woken();
  });
  let last = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - last > tick + maxLate) woken();
    last = now;
  }, tick);
}
