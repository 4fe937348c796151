"""The process is killed in the middle of answers: nothing shown is lost, nothing is paid twice."""

import asyncio
import json
import random
import urllib.request

import pytest

import frames

ROUNDS = 100
STREAMS = 50
TOKENS = 40


class Cut:
    """One client's stream, and what it has when the connection breaks."""

    def __init__(self, number):
        self.number = number
        self.id = None
        self.text = b""
        self.resumed = None

    @property
    def events(self):
        return frames.parse(self.text.decode(errors="replace"))


async def read_stream(port, request, cut):
    """Reads one answer with `Connection: close` until it ends or breaks; returns the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    status = None
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split()[1])
        for line in head.decode().split("\r\n"):
            if line.lower().startswith("x-stream-id:"):
                cut.id = line.split(":", 1)[1].strip()
        while status == 200:
            size = int(await reader.readline() or b"0", 16)
            if size == 0:
                break
            cut.text += await reader.readexactly(size)
            await reader.readexactly(2)
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        pass
    finally:
        writer.close()
    return status


def asking(model):
    return (
        f"GET /chat/stream?prompt=hi&model={model} HTTP/1.1\r\n"
        "Host: localhost\r\nConnection: close\r\n\r\n"
    ).encode()


def resuming(cut, last):
    return (
        f"GET /chat/streams/{cut.id} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Last-Event-ID: {last}\r\n\r\n"
    ).encode()


async def one_round(relay, number, moment):
    """Streams, a kill after `moment` seconds, a restart, and all clients come back."""
    cuts = [Cut(f"{number}.{index}") for index in range(STREAMS)]
    models = [
        f"simulator%3Ftokens={TOKENS}%26interval_ms=8%26pause_after={1000 + number * STREAMS + index}"
        for index in range(STREAMS)
    ]
    reads = [
        asyncio.create_task(read_stream(relay.port, asking(model), cut))
        for model, cut in zip(models, cuts)
    ]
    await asyncio.sleep(moment)
    relay.kill()
    await asyncio.gather(*reads, return_exceptions=True)
    relay.start()
    seen = [cut for cut in cuts if cut.events]
    for cut in seen:
        before = cut.events
        last = before[-1].id
        again = Cut(cut.number)
        again.id = cut.id
        status = await read_stream(relay.port, resuming(cut, last), again)
        ended = before[-1].name in ("done", "error")
        if ended:
            assert status in (200, 204), (status, before[-1])
            continue
        # The client's text continues without a gap, and ends truthfully.
        assert status == 200, f"{cut.id} is lost: {status} behind {before}"
        numbers = [int(event.id.split(".")[1]) for event in before + again.events if event.id]
        assert numbers == sorted(set(numbers)), numbers
        assert again.events[-1].name in ("done", "error"), again.events
        cut.resumed = again.events
    return cuts


@pytest.fixture
def upstream(start_relay):
    """A model that outlives the relay under test: the simulator inside another relay."""
    other = start_relay(RELAY_LOG_REQUESTS="0")
    return other.log().split("(at ")[1].split(")")[0]


def counted(upstream):
    with urllib.request.urlopen(f"{upstream.rsplit('/v1', 1)[0]}/simulator/calls") as answer:
        return json.load(answer)


def test_killed_at_random_moments_nothing_shown_is_lost(start_relay, upstream):
    chance = random.Random(20_261_121)
    relay = start_relay(
        OPENAI_BASE_URL=upstream if upstream.endswith("/v1") else upstream + "/v1",
        RELAY_MODEL="simulator",
        RELAY_LOG_REQUESTS="0",
    )
    begun = {}
    for number in range(ROUNDS):
        cuts = asyncio.run(one_round(relay, number, chance.uniform(0, 0.45)))
        for cut in cuts:
            if cut.id:
                begun[cut.id] = cut
    relay.stop()
    records = {}
    for record in relay.history():
        assert record["id"] not in records, f"{record['id']} has two records"
        records[record["id"]] = record
    missing = [id for id in begun if id not in records]
    assert not missing, f"{len(missing)} of {len(begun)} answers have no record: {missing[:3]}"
    for id, cut in begun.items():
        said = frames.text_of(cut.events + (cut.resumed or []), "token")
        content = records[id]["content"]
        assert content == said if cut.resumed else content.startswith(said), (content, said)
    calls = counted(upstream)
    twice = {model: count for model, count in calls.items() if count["calls"] != 1}
    assert not twice, f"asked more than once: {twice}"
