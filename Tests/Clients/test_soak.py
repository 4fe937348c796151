"""Clients that come, go, stall, reset, come back, stop and repeat themselves, at random, for minutes.

The models misbehave as well, and keys with limits are on. `RELAY_TEST_SEED` repeats a run's choices;
what the clock does to them it cannot repeat. `RELAY_SOAK_S` and `RELAY_SOAK_CLIENTS` make it longer and
denser, by hand.
"""

import asyncio
import collections
import json
import os
import random
import time

import pytest

from holdings import Holdings, wait_until
from soak import Client

SECONDS = int(os.environ.get("RELAY_SOAK_S") or (1800 if os.environ.get("RELAY_TEST_LONG") else 180))
CLIENTS = int(os.environ.get("RELAY_SOAK_CLIENTS") or 24)
WARM_UP_SECONDS = 15
# What the index of the history and the heap's holes may take, beside a constant.
MORE_MEGABYTES = 16
BYTES_OF_RECORD = 600
LIMITS = {
    "ann": {"generations": 6, "requests_per_minute": 300},
    "bob": {"requests_per_minute": 60, "tokens_per_minute": 5000},
    "cat": {},
}


@pytest.fixture
def keys(run_daemon, tmp_path):
    """The keys in a file, made as an operator does it."""
    file = tmp_path / "keys.json"
    keys = {}
    for name in LIMITS:
        done = run_daemon("key", "add", name, "--file", str(file))
        assert done.returncode == 0, done.stderr
        keys[name] = done.stdout.strip()
    content = json.loads(file.read_text())
    for entry in content["keys"]:
        if LIMITS[entry["name"]]:
            entry["limits"] = LIMITS[entry["name"]]
    file.write_text(json.dumps(content))
    return file, list(keys.values())


async def soak(port, seed, keys, seconds, first=0):
    """Has so many clients at a time live one after the other; returns those with an answer or a fault."""
    lived = []
    end = time.monotonic() + seconds
    numbers = iter(range(first, 1 << 60))

    async def one_after_the_other():
        while time.monotonic() < end:
            client = Client(port, seed, next(numbers), keys)
            await client.live()
            # Of one that was refused in good order nothing is left to check.
            if client.ids or client.faults:
                lived.append(client)

    await asyncio.gather(*(one_after_the_other() for _ in range(CLIENTS)))
    return lived


@pytest.mark.timeout(SECONDS + 900)
def test_at_random_for_minutes_nothing_is_lost_doubled_or_kept(start_relay, keys):
    file, keys = keys
    seed = os.environ.get("RELAY_TEST_SEED") or str(random.randrange(1 << 32))
    print(f"RELAY_TEST_SEED={seed}")
    relay = start_relay(
        RELAY_LOOPS=2, RELAY_API_KEYS_FILE=file, RELAY_HEAD_TIMEOUT_S=3, RELAY_IDLE_TIMEOUT_S=5,
        RELAY_HEAD_HOLD_S=1, RELAY_RESUME_S=60, RELAY_LOG_REQUESTS=0, RELAY_BREAKER_FAILURES=1000,
        RELAY_RETRY_BUDGET_S=5,
    )
    lived = asyncio.run(soak(relay.port, seed, keys, WARM_UP_SECONDS))
    quiet(relay, lived)
    usual = Holdings(relay)
    warmed = len(relay.history())
    lived += asyncio.run(soak(relay.port, seed, keys, SECONDS, first=1_000_000))
    quiet(relay, lived)
    check(seed, lived, relay)
    more = len(relay.history()) - warmed
    usual.check(MORE_MEGABYTES + more * BYTES_OF_RECORD / 1e6)


def quiet(relay, lived):
    """Waits until every answer has its record."""
    begun = set().union(*(client.ids for client in lived))
    wait_until(
        lambda: begun <= {record["id"] for record in relay.history()},
        lambda: f"no record of {sorted(begun - {one['id'] for one in relay.history()})[:3]}",
    )


def check(seed, lived, relay):
    records = collections.defaultdict(list)
    for record in relay.history():
        records[record["id"]].append(record)
    for client in lived:
        for id in client.ids:
            if len(records[id]) != 1:
                client.fault(f"{id} has {len(records[id])} records")
                continue
            [record] = records[id]
            content = record["content"]
            if client.said is None:
                continue
            if client.is_ended and content != client.said:
                client.fault(f"the record has {content!r}, and {client.said!r} was shown")
            if not content.startswith(client.said):
                client.fault(f"the record begins not as what was shown: {client.said!r}")
    doubled = [id for id, found in records.items() if len(found) > 1]
    assert not doubled, f"RELAY_TEST_SEED={seed}: two records of {doubled[:3]}"
    stories = [
        "\n".join([*client.story, *(f"FAULT: {fault}" for fault in client.faults)])
        for client in lived if client.faults
    ]
    statuses = collections.Counter(found[0]["status"] for found in records.values())
    print(f"{len(lived)} clients, {len(records)} answers: {dict(statuses)}")
    assert not stories, (
        f"RELAY_TEST_SEED={seed}: {len(stories)} of {len(lived)} clients\n\n"
        + "\n\n".join(stories[:5])
    )
    # A soak in which hardly anything was tried shows nothing.
    assert len(lived) > SECONDS and len(statuses) >= 5, statuses
