// Notices that the page may have slept: a phone in a pocket, a closed lid, a network that was away.
//
// A connection can be dead then without a word to the browser, which would wait on it for minutes.

const tick = 5000; // ms
const maxLate = 10_000; // ms that a tick may be late before it counts as sleep

const glance = 1000; // ms that a page may be hidden without being left

/** Calls `left()` when the page has been hidden for a while. */
export function onLeave(left) {
  let timer = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(left, glance);
  });
}

/** Calls `seen()` after each time that may have been sleep, once somebody looks. */
export function onWake(seen) {
  const woken = () => document.hidden || seen();
  addEventListener("online", woken);
  addEventListener("pageshow", (event) => event.persisted && woken());
  document.addEventListener("resume", woken);
  document.addEventListener("visibilitychange", woken);
  let last = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - last > tick + maxLate) woken();
    last = now;
  }, tick);
}
