// Who is logged in with this browser, where the server wants to know who asks.

/** Tells users apart, and proves nothing; "" where nobody has logged in. */
export const user = userNow();

/** As fetch; where the server wants to know who asks, the reader goes to log in. */
export async function request(path, options) {
  const response = await fetch(path, options);
  const wanted = response.headers.get("WWW-Authenticate") ?? "";
  if (response.status === 401 && wanted.includes("sse-relay")) logIn();
  return response;
}

/** Whether somebody else has logged in, or out, since the page was opened. */
export function isOutdated() {
  return userNow() !== user;
}

export async function logOut() {
  const response = await fetch("/logout", { method: "POST" });
  if (!response.ok) throw new Error(`status ${response.status}`);
}

function logIn() {
  const next = location.pathname + location.search + location.hash;
  location.replace(`/login?${new URLSearchParams({ next })}`);
}

function userNow() {
  return document.cookie.match(/(?:^|; )relay_user=([\w-]+)/)?.[1] ?? "";
}
