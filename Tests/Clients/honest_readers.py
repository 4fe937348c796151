"""Honest readers of paced streams, in a process of their own, which watch for stalls.

The model writes a token every `INTERVAL` seconds. What a reader waits longer than that is a stall, as
far as the machine does not explain it: by the time that the relay's threads wanted to run and others
had the cores (`/proc/PID/task/*/schedstat`, and what a hypervisor took), and by the reader's own
lateness, which a timer in the same loop shows. On an idle machine all of it is next to nothing.

As a program it takes the port, the process id and the number of tokens, prints `READY` once all
streams run, and then a line of JSON once they have ended.
"""

import asyncio
import json
import os
import pathlib
import random
import subprocess
import sys

INTERVAL = 0.2
STREAMS = 200
# The longest stall that nothing but the relay explains; what was measured is 0 to 40 ms.
BOUND = 0.25
STEP = 0.02
PATIENCE = 120
TICKS = os.sysconf("SC_CLK_TCK")


class Reader(asyncio.Protocol):
    """One stream: when its pieces came, and what they were."""

    def __init__(self, request, loop):
        self.request = request
        self.loop = loop
        self.times = []
        self.data = bytearray()
        self.begun = loop.create_future()
        self.ended = loop.create_future()

    def connection_made(self, transport):
        transport.write(self.request)

    def data_received(self, data):
        self.data += data
        if b"event: token" not in data:
            return
        self.times.append(self.loop.time())
        if not self.begun.done():
            self.begun.set_result(None)

    def connection_lost(self, error):
        for future in (self.begun, self.ended):
            if not future.done():
                future.set_result(None)

    def is_whole(self, tokens):
        done = self.data.count(b"event: token\n"), self.data.count(b"event: done\n")
        return done == (tokens, 1) and self.data.endswith(b"0\r\n\r\n")


class Machine:
    """How late the machine lets this process and the relay run, by time."""

    def __init__(self, pid, loop):
        self.tasks = pathlib.Path(f"/proc/{pid}/task")
        self.loop = loop
        self.samples = []
        self.waits = {}
        self.stolen = None

    async def watch(self):
        while True:
            before = self.loop.time()
            await asyncio.sleep(STEP)
            now = self.loop.time()
            # Threads that waited side by side have not held anything up for longer than that.
            wait = min(self.waited(), now - before)
            self.samples.append((now, now - before - STEP, wait))

    def waited(self):
        """For how long the relay's threads have waited for a core since the last sample, and for how
        long a machine around this one has had the cores."""
        found = 0
        for name in os.listdir(self.tasks):
            try:
                wait = int((self.tasks / name / "schedstat").read_text().split()[1]) / 1e9
            except OSError:
                continue
            # A thread that is new has waited since its beginning.
            found += wait - self.waits.get(name, wait if not self.samples else 0)
            self.waits[name] = wait
        stolen = int(pathlib.Path("/proc/stat").read_text().split(maxsplit=9)[8]) / TICKS
        found += stolen - (self.stolen or stolen)
        self.stolen = stolen
        return found

    def explains(self, start, end):
        """How much of the time from `start` to `end` the machine was late.

        A token goes through several of the relay's threads, the simulator's among them, and then
        needs this process once.
        """
        near = [one for one in self.samples if start <= one[0] <= end + 2 * STEP]
        return max((late for _, late, _ in near), default=0) + sum(wait for _, _, wait in near)


def request(number, tokens):
    chance = random.Random(number)
    model = (
        f"simulator%3Ftokens={tokens}%26interval_ms={INTERVAL * 1000:.0f}"
        f"%26phase_us={chance.randrange(int(INTERVAL * 1e6))}"
    )
    return (
        f"GET /chat/stream?prompt=honest-{os.getpid()}-{number}&model={model} HTTP/1.1\r\n"
        "Host: localhost\r\nConnection: close\r\n\r\n"
    ).encode()


async def main(port, pid, tokens):
    loop = asyncio.get_running_loop()
    machine = Machine(pid, loop)
    watching = asyncio.create_task(machine.watch())
    readers = []
    for number in range(STREAMS):
        _, reader = await loop.create_connection(
            lambda number=number: Reader(request(number, tokens), loop), "127.0.0.1", port
        )
        readers.append(reader)
    await asyncio.wait_for(asyncio.gather(*(reader.begun for reader in readers)), PATIENCE)
    print("READY", flush=True)
    await asyncio.wait_for(asyncio.gather(*(reader.ended for reader in readers)), PATIENCE)
    watching.cancel()
    found = {"whole": 0, "gap": 0, "stall": 0, "explained": 0}
    for reader in readers:
        found["whole"] += reader.is_whole(tokens)
        for before, after in zip(reader.times, reader.times[1:]):
            excess = after - before - INTERVAL
            # Most gaps are short, and their explanation is not worth its time.
            if excess <= min(found["gap"], found["stall"]):
                continue
            explained = machine.explains(before, after)
            if excess > found["gap"]:
                found["gap"], found["explained"] = excess, explained
            found["stall"] = max(found["stall"], excess - explained)
    print(json.dumps(found), flush=True)


class Watch:
    """`with Watch(relay, seconds):` has the readers read while something else happens."""

    def __init__(self, relay, seconds):
        self.relay = relay
        self.tokens = round(seconds / INTERVAL)
        self.found = None

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(self.relay.port), str(self.relay.process.pid),
             str(self.tokens)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )
        if self.process.stdout.readline() != "READY\n":
            self.process.kill()
            self.process.communicate()
            raise AssertionError(f"the honest streams did not begin:\n{self.relay.log()[-2000:]}")
        return self

    def __exit__(self, kind, _error, _trace):
        if kind is not None:
            self.process.kill()
        output, _ = self.process.communicate(timeout=2 * PATIENCE)
        if kind is None:
            self.found = json.loads(output)

    def check(self):
        """Expects that nobody was held up and everybody got all of it."""
        print({name: round(value, 3) for name, value in self.found.items()})
        assert self.found["whole"] == STREAMS, self.found
        assert self.found["stall"] < BOUND, self.found


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
