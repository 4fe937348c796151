"""A client that leaves in mid-stream stops the upstream, whatever its library does to leave."""

import inspect
import os
import statistics
import time

import pytest

import leavers
from conftest import SIMULATOR

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"

# What the relay may add to the time that a client needs to close its own connection.
BOUND_S = 0.2
# `llm` is a process each time, which takes long to begin.
TRIES = {"llm": 1}


def slow(protocol, client, number):
    """A model of this try's own, by which the simulator counts, with a minute or more to say."""
    if client == "instructor":
        # It asks for JSON, so it gets some.
        return f"{protocol}?interval_ms=100&say=%7B%22name%22%3A%22{'a+' * 600}{'b' * number}"
    return f"{protocol}?interval_ms=10&tokens={90000 + number}"


def seconds_until_closed(relay, leave, base, model):
    """How long after the client left the upstream saw its connection closed."""
    left = leave(base, model)
    deadline = time.monotonic() + 30
    while not (close := relay.calls().get(model, {}).get("last_close")):
        assert time.monotonic() < deadline, "the upstream's connection stayed open"
        time.sleep(0.01)
    return close["at_ms"] / 1000 - left


PAIRS = [
    (client, protocol)
    for client in leavers.CLIENTS
    for protocol in ("simulator", "claude-simulator")
    # A process for each try takes long, and it leaves as with the other protocol.
    if (client, protocol) != ("llm", "claude-simulator")
]


@pytest.mark.parametrize(("client", "protocol"), PAIRS)
def test_a_client_that_leaves_closes_the_upstreams_connection(
    start_relay, tmp_path, client, protocol
):
    relay = start_relay(RELAY_ON_DISCONNECT="cancel")
    leave = leavers.CLIENTS[client]
    if "folder" in inspect.signature(leave).parameters:
        leave = lambda base, model: leavers.CLIENTS[client](base, model, tmp_path)
    direct_base = SIMULATOR.search(relay.log())[1] + "/v1"
    direct, through = [], []
    for number in range(TRIES.get(client, 3)):
        model = slow("simulator", client, number)
        direct.append(seconds_until_closed(relay, leave, direct_base, model))
        model = slow(protocol, client, 10 + number)
        through.append(seconds_until_closed(relay, leave, f"{relay.url}/v1", model))
    # Where more processes want to run than there are processors, each waits for its turn.
    load = max(1, os.getloadavg()[0] / os.cpu_count())
    added = statistics.median(through) - statistics.median(direct)
    assert added < BOUND_S * load, f"{direct=} {through=} {load=}"
