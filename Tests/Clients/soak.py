"""One client at random: it asks, stays or goes, comes back, stops, repeats itself; and what it saw.

Each client has a story, which says what it did, and tells in it whatever must not have been.
"""

import asyncio
import dataclasses
import json
import random
import re
import socket
import struct

import frames

PATIENCE = 120
# Weights, and what a model is told to do: well-behaved, slow, broken off, refusing, talking nonsense.
BEHAVIOURS = [
    (30, "tokens={tokens}&interval_ms={pace}"),
    (4, "tokens={tokens}&interval_ms=0"),
    (4, "tokens={tokens}&interval_ms={pace}&batch=5&comments=1"),
    (3, "tokens={tokens}&interval_ms={pace}&split_utf8=1"),
    (3, "tokens={tokens}&interval_ms={pace}&chunk_bytes=3&crlf=1"),
    (3, "tokens={tokens}&interval_ms={pace}&reasoning=4"),
    (3, "tokens={tokens}&first_ms=300&interval_ms={pace}"),
    (3, "tokens={tokens}&interval_ms={pace}&pause_after=3&pause_ms=700"),
    (2, "tokens={tokens}&interval_ms={pace}&pause_after=3&pause_ms=20000"),
    (2, "tokens={tokens}&interval_ms={pace}&line_bytes=70000"),
    (2, "tokens={tokens}&interval_ms={pace}&finish=length"),
    (2, "tokens={tokens}&interval_ms={pace}&no_done=1"),
    (3, "tokens={tokens}&interval_ms={pace}&cut_after={some}"),
    (3, "tokens={tokens}&interval_ms={pace}&reset_after={some}"),
    (3, "tokens={tokens}&interval_ms={pace}&truncate_chunk_after={some}"),
    (3, "tokens={tokens}&interval_ms={pace}&error_after={some}"),
    (3, "tokens={tokens}&interval_ms={pace}&bad_json_after={some}"),
    (2, "tokens={tokens}&interval_ms={pace}&http=close"),
    (2, "tokens={tokens}&interval_ms={pace}&content_type=text/html"),
    (2, "tokens={tokens}&interval_ms={pace}&status=429&times=1&retry_after_ms=1"),
    (2, "status=500&times=2&retry_after_ms=1&tokens={tokens}&interval_ms={pace}"),
    (2, "status=503&retry_after_ms=1"),
    (2, "status=400"),
    (1, "hang=1"),
]
# In these a POST's answer has ids, with which a client can come back to the place that it had reached.
RESUMED = ["events", "tokens", "ndjson"]
FORMATS = RESUMED + ["text", "content", "openai", "plain"]
NUMBER = re.compile(rb"""^(?:id: |{"event":"\w+","id":")[\w-]+\.(\d+)["\r\n]""", re.MULTILINE)
# What a client does with its first stream.
PLANS = ["read"] * 8 + ["leave", "come back", "come back", "come back", "reset", "stall", "stop",
                        "repeat", "repeat"]


@dataclasses.dataclass
class Stream:
    """What one connection brought."""

    status: int | None = None
    id: str | None = None
    body: bytes = b""
    # `whole` with the last chunk, `left` by the client, `cut` by the relay.
    end: str = "cut"


async def receive(port, request, leave_after=None, stall=0, resets=False):
    """Sends a request and reads the answer, or leaves after some pieces of it."""
    stream = Stream()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        stream.status = int(head.split()[1])
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        names = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        stream.id = next((names[n] for n in names if n.lower() == "x-stream-id"), None)
        if "content-length" in fields:
            stream.body = await reader.readexactly(int(fields["content-length"]))
            stream.end = "whole"
        elif fields.get("transfer-encoding") == "chunked":
            await _read_chunks(reader, stream, leave_after, stall)
        else:
            # 204 and the like have no body.
            stream.end = "whole"
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        if resets:
            lasting = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, lasting
            )
        writer.close()
    return stream


async def _read_chunks(reader, stream, leave_after, stall):
    pieces = 0
    while size := int(await reader.readuntil(b"\r\n"), 16):
        stream.body += await reader.readexactly(size)
        await reader.readexactly(2)
        pieces += 1
        if pieces == 2 and stall:
            await asyncio.sleep(stall)
        if leave_after is not None and pieces > leave_after:
            stream.end = "left"
            return
    stream.end = "whole"


def _whole(form, body):
    """A body without the event that is cut at its end."""
    mark = b"\n" if form == "ndjson" else b"\n\n"
    return body[: body.rfind(mark) + len(mark)] if mark in body else b""


def events_of(form, body):
    """All whole events of a body, in the form of an event stream."""
    text = body.decode(errors="replace")
    if form != "ndjson":
        return frames.parse(text)
    events = []
    for line in text.split("\n")[:-1]:
        if not line:
            continue
        event = json.loads(line)
        data = event["data"]
        said = data if isinstance(data, str) else json.dumps(data)
        events.append(frames.Event(event["event"], said, event.get("id", "")))
    return events


def text_of(form, events):
    """The answer's text in a dialect's events."""
    if form == "plain":
        raise ValueError("it has no events")
    if form in ("events", "ndjson"):
        return frames.text_of(events, "token")
    if form == "tokens":
        return frames.text_of(events, "newToken")
    said = [event.data for event in events if event.name == "message" and event.data != "[DONE]"]
    if form == "text":
        return "".join(said)
    objects = [json.loads(data) for data in said]
    if form == "content":
        return "".join(one.get("content", "") for one in objects)
    deltas = [choice.get("delta", {}) for one in objects for choice in one.get("choices", [])]
    return "".join(delta.get("content") or "" for delta in deltas)


def is_terminal(form, event):
    if form in ("events", "ndjson"):
        return event.name in ("done", "error")
    if form == "tokens":
        return event.name in ("end", "error")
    return event.data == "[DONE]" or event.name == "error"


class Client:
    """One client of a soak."""

    def __init__(self, port, seed, number, keys):
        self.chance = random.Random(f"{seed}-{number}")
        self.port = port
        self.number = number
        self.key = self.chance.choice(keys)
        self.form = self.chance.choice(FORMATS)
        self.plan = self.chance.choice(PLANS)
        weights, scripts = zip(*BEHAVIOURS)
        script = self.chance.choices(scripts, weights)[0]
        self.model = "simulator?" + script.format(
            tokens=self.chance.randint(1, 60), pace=self.chance.randint(1, 25),
            some=self.chance.randint(0, 12),
        )
        self.story = [f"client {number}: {self.plan}, {self.form}, {self.model}"]
        self.faults = []
        self.ids = set()
        # The whole text that was shown, where it can be known, and whether its end was.
        self.said = None
        self.is_ended = False

    def tell(self, stream, what):
        self.story.append(
            f"{what}: {stream.status}, {stream.id}, {stream.end}, {len(stream.body)} bytes,"
            f" …{stream.body[-120:]!r}"
        )

    def fault(self, what):
        self.faults.append(what)

    def asking(self, key=None):
        body = {
            "message": f"question {self.number}", "model": self.model, "format": self.form,
            "on_disconnect": self.chance.choice(["grace:4", "grace:4", "cancel", "finish"])
            if self.plan in ("leave", "reset") else "grace:10",
        }
        fields = {"Idempotency-Key": key} if key else {}
        return self.request("POST", "/chat/stream", fields, json.dumps(body).encode())

    def request(self, method, path, fields={}, body=b""):
        fields = {
            "Host": "localhost", "Connection": "close", "Authorization": f"Bearer {self.key}",
            "Content-Length": len(body),
        } | fields
        head = [f"{method} {path} HTTP/1.1", *(f"{name}: {said}" for name, said in fields.items())]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body

    async def live(self):
        try:
            await asyncio.wait_for(self._live(), PATIENCE)
        except TimeoutError:
            self.fault(f"no end within {PATIENCE} s")
        except Exception as error:  # What cannot be read is told with its story, too.
            self.fault(f"{type(error).__name__}: {error}")
        # It has made its choices, and its generator is larger than all the rest of it.
        del self.chance

    async def _live(self):
        pieces = self.chance.randint(0, 12)
        key = f"key-{self.number}" if self.plan == "repeat" else None
        stream = await receive(
            self.port, self.asking(key),
            leave_after=pieces if self.plan in ("leave", "reset", "come back", "stop") else None,
            stall=self.chance.uniform(0.2, 2) if self.plan == "stall" else 0,
            resets=self.plan == "reset",
        )
        self.tell(stream, "asked")
        if not self.is_begun(stream):
            return
        parts = [stream]
        if self.plan == "stop" and stream.end == "left":
            await self.stop(stream.id)
        if self.plan == "repeat":
            await self.repeat(key, stream)
        if stream.end == "left" and self.form in RESUMED and self.plan in ("come back", "stop"):
            await self.come_back(parts)
        self.judge(parts)

    def is_begun(self, stream):
        """Whether an answer was begun; a clean refusal is none."""
        if stream.status == 200 and stream.id:
            self.ids.add(stream.id)
            return True
        if stream.end != "whole" or stream.status not in (400, 429, 500, 502, 503, 504):
            self.fault(f"refused with {stream.status}, {stream.end}")
            return False
        # The body of a refusal of the dialect's may be another JSON object, but it is one.
        if "error" not in json.loads(stream.body):
            self.fault(f"a refusal without an error: {stream.body!r}")
        return False

    async def stop(self, id):
        answer = await receive(self.port, self.request("DELETE", f"/chat/streams/{id}"))
        self.tell(answer, "stopped")
        if answer.status != 204:
            self.fault(f"a stop is answered with {answer.status}")

    async def repeat(self, key, first):
        again = await receive(self.port, self.asking(key))
        self.tell(again, "repeated")
        if again.status != 200:
            self.is_begun(again)
            return
        self.ids.add(again.id)
        if again.id != first.id:
            # What failed before anything was said may be tried again; it is not paid for.
            if self.shown(first) or b"error" not in first.body and self.form != "plain":
                self.fault(f"the same key began {again.id} after {first.id}")
        elif first.end == again.end == "whole" and self.shown(again) != self.shown(first):
            self.fault("the same key brought another text")

    def shown(self, stream):
        """The text of a stream."""
        if self.form == "plain":
            return stream.body.decode(errors="replace")
        return text_of(self.form, events_of(self.form, stream.body))

    async def come_back(self, parts):
        """Reads on until the end, leaving now and then."""
        for _ in range(50):
            await asyncio.sleep(self.chance.uniform(0, 0.3))
            seen = [e for part in parts for e in events_of(self.form, part.body) if e.id]
            last = {"Last-Event-ID": seen[-1].id} if seen else {}
            path = f"/chat/streams/{parts[0].id}?format={self.form}"
            leaves = self.chance.randint(0, 20) if self.chance.random() < 0.5 else None
            stream = await receive(
                self.port, self.request("GET", path, last), leaves,
                resets=self.chance.random() < 0.3,
            )
            self.tell(stream, f"came back after {seen[-1].id if seen else 'nothing'}")
            if stream.status == 204:
                if not (seen and is_terminal(self.form, seen[-1])):
                    self.fault("204, but the end was not seen")
                parts.append(Stream(200, parts[0].id, b"", "whole"))
                return
            if stream.status != 200:
                self.fault(f"coming back is answered with {stream.status}")
                return
            parts.append(stream)
            if stream.end != "left":
                return

    def judge(self, parts):
        """What must hold of all that was seen of one answer."""
        last = parts[-1]
        if last.end == "cut" and self.form != "plain":
            self.fault("the stream was cut")
            return
        if self.form == "plain":
            if last.end == "whole":
                self.said, self.is_ended = last.body.decode(), True
            return
        events = [event for part in parts for event in events_of(self.form, part.body)]
        # As they were sent: an event without an id has that of the one before.
        numbers = [int(n) for part in parts for n in NUMBER.findall(_whole(self.form, part.body))]
        if numbers != sorted(set(numbers)):
            self.fault(f"twice or in the wrong order: {numbers}")
        self.said = text_of(self.form, events)
        self.is_ended = bool(events) and is_terminal(self.form, events[-1])
        if last.end == "whole" and not self.is_ended:
            self.fault(f"no terminal event: {events[-1:]}")
        if sum(is_terminal(self.form, event) for event in events) > 1:
            self.fault("more than one end")
