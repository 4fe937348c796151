// The reader that pages have copied from each other, against a URL: it takes all before an empty line
// for `data: ` and its value.
//
//   node page_reader.mjs URL BODY HEADERS json|text
//
// Prints a line with the stream's id once the answer begins, and one with what the page shows at its end.

const [url, body, headers, kind] = process.argv.slice(2);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
let shown = "";
let count = 0;

async function read() {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...JSON.parse(headers) },
    body,
  });
  say({ status: response.status, id: response.headers.get("X-Stream-Id") });
  if (!response.ok) throw new Error((await response.json()).error.message);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return "the connection's end";
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.replace(/^data: /, "");
      if (data === "[DONE]") return "[DONE]";
      count += 1;
      if (kind === "text") {
        shown += data;
        continue;
      }
      const message = JSON.parse(data);
      if (message.error) throw new Error(message.error.message ?? message.error);
      shown += message.content;
    }
  }
}

let end, error;
try {
  end = await read();
} catch (thrown) {
  error = `${thrown.name}: ${thrown.message}`;
}
say({ shown, count, end, error });
