// Trades a key for a session in a cookie, and goes on to where the reader wanted to.

const find = (id) => document.getElementById(id);
const key = find("key");
const problem = find("problem");
const button = find("submit");

find("login").addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.ariaBusy !== "true") logIn();
});

async function logIn() {
  button.ariaBusy = "true";
  problem.textContent = "";
  const words = await refusal(key.value);
  button.ariaBusy = "false";
  if (!words) {
    location.replace(next());
    return;
  }
  problem.textContent = words;
  key.ariaInvalid = "true";
  key.focus();
  key.select();
}

/** Why the server does not take a key; "" where it does. */
async function refusal(text) {
  try {
    const response = await fetch("/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ key: text }),
    });
    if (response.ok) return "";
    if (response.status === 401) return "This key does not count here, or its time is over.";
    const { error } = await response.json();
    return `The server refuses: ${error.message}.`;
  } catch {
    return "The server cannot be reached. Try again.";
  }
}

// Whoever has made the link to this page must not send the reader elsewhere. The whole URL is
// given, since a path may begin like another host once its dots are gone, as that of "/.//host".
function next() {
  try {
    const wanted = new URL(new URLSearchParams(location.search).get("next") || "/", location.origin);
    if (wanted.origin === location.origin) return wanted.href;
  } catch {
    // Not a URL.
  }
  return "/";
}
