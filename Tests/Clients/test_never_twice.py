"""A repeated question is answered once, and a stopped answer costs no more: with two loops."""

import concurrent.futures
import socket
import threading
import time

import httpx
import openai
import pytest

import frames

PROMPT = "what is asked once?"
MESSAGES = [{"role": "user", "content": PROMPT}]
KEY = {"Idempotency-Key": "a-key-of-the-client's-own"}
SAID = "simulator?say=paid%20for%20only%20once&interval_ms=10"


@pytest.fixture
def relay(start_relay):
    return start_relay(RELAY_LOOPS=2)


def asked(relay, prompt=PROMPT):
    return relay.calls(f"?prompt={prompt}")["calls"]


class CuttingProxy(threading.Thread):
    """A network that loses the first connections after so many bytes of their answers."""

    def __init__(self, port, cuts):
        super().__init__(daemon=True)
        self._target = ("127.0.0.1", port)
        self._cuts = cuts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            left = self._cuts.pop(0) if self._cuts else None
            threading.Thread(target=self._serve, args=(client, left), daemon=True).start()

    def _serve(self, client, left):
        with client, socket.create_connection(self._target, 5) as server:
            upward = threading.Thread(target=self._copy, args=(client, server, None), daemon=True)
            upward.start()
            self._copy(server, client, left)
            for end in (client, server):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            upward.join(60)

    @staticmethod
    def _copy(source, target, left):
        try:
            while left != 0 and (piece := source.recv(65536)):
                target.sendall(piece if left is None else piece[:left])
                if left is not None:
                    left = max(0, left - len(piece))
        except OSError:
            pass

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.join(60)


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_a_library_that_asks_again_after_a_broken_connection_is_not_paid_twice(relay, streamed):
    # Before the first byte, and within the head: there the library asks again by itself.
    proxy = CuttingProxy(relay.port, [0, 20])
    try:
        with openai.OpenAI(
            base_url=f"{proxy.url}/v1", api_key="unused", max_retries=3, timeout=20
        ) as client:
            answer = client.chat.completions.create(
                model=SAID, messages=MESSAGES, stream=streamed, extra_headers=KEY
            )
            if streamed:
                text = "".join(chunk.choices[0].delta.content or "" for chunk in answer)
            else:
                text = answer.choices[0].message.content
    finally:
        proxy.close()
    assert text == "paid for only once"
    assert asked(relay) == 1
    assert [record["status"] for record in relay.history(count=1)] == ["complete"]


def test_a_refusal_is_not_kept_for_the_next_try(relay):
    # The relay's own three tries are refused; the fourth call is answered.
    model = "simulator?status=429&times=3&retry_after_ms=1&say=now&interval_ms=0"
    with openai.OpenAI(
        base_url=f"{relay.url}/v1", api_key="unused", max_retries=0, timeout=20
    ) as client:
        def ask():
            return client.chat.completions.create(
                model=model, messages=MESSAGES, extra_headers=KEY
            ).choices[0].message.content

        with pytest.raises(openai.RateLimitError):
            ask()
        assert [ask(), ask()] == ["now", "now"]
    assert asked(relay) == 4


def test_another_question_under_the_key_is_a_conflict_that_the_library_does_not_repeat(relay):
    with openai.OpenAI(
        base_url=f"{relay.url}/v1", api_key="unused", max_retries=3, timeout=20
    ) as client:
        client.chat.completions.create(model=SAID, messages=MESSAGES, extra_headers=KEY)
        with pytest.raises(openai.ConflictError) as caught:
            client.chat.completions.create(
                model=SAID, messages=[{"role": "user", "content": "other"}], extra_headers=KEY
            )
    assert caught.value.code == "idempotency_key_in_use"
    # A line of the log for each request, of which those of other loops may come a little later.
    httpx.get(f"{relay.url}/readyz?last", timeout=60)
    while "/readyz" not in relay.log() or " 409 " not in relay.log():
        time.sleep(0.01)
    assert relay.log().count("POST /v1/chat/completions 409") == 1, relay.log()
    assert asked(relay, "other") == 0


def test_many_clients_with_one_key_at_once_share_one_answer(relay):
    def ask(number):
        body = {"message": f"round {number // 8}", "model": SAID}
        headers = {"Idempotency-Key": f"round-{number // 8}"}
        return httpx.post(f"{relay.url}/chat/stream", json=body, headers=headers, timeout=60)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(160)))
    for number in range(20):
        group = answers[number * 8:][:8]
        assert len({answer.headers["x-stream-id"] for answer in group}) == 1
        for answer in group:
            assert frames.text_of(frames.parse(answer.text), "token") == "paid for only once"
        assert asked(relay, f"round {number}") == 1
    relay.history(count=20)


def test_a_stop_from_anywhere_reaches_the_upstream_within_100_ms(relay):
    took = []
    for number in range(8):
        model = f"simulator?tokens=1000&interval_ms=20&first_ms={number * 10}"
        query = {"prompt": "hi", "model": model}
        with httpx.stream("GET", f"{relay.url}/chat/stream", params=query, timeout=60) as answer:
            target = f"{relay.url}/chat/streams/{answer.headers['x-stream-id']}"
            while model not in relay.calls():
                time.sleep(0.005)
            stopped = time.time() * 1000
            # A connection of its own, on whichever loop accepted it.
            assert httpx.delete(target, timeout=60).status_code == 204
            text = answer.read().decode()
        assert '"status":"stopped"' in text and text.endswith("data: [DONE]\n\n")
        counted = relay.calls()[model]
        assert (counted["calls"], counted["closed_early"]) == (1, 1)
        took.append(counted["last_close"]["at_ms"] - stopped)
        assert httpx.delete(target, timeout=60).status_code == 204
    # A busy machine may hold up most of them, but not all.
    assert min(took) < 100, took
    unknown = httpx.delete(f"{relay.url}/chat/streams/{'A' * 23}", timeout=60)
    assert unknown.status_code == 404
    assert {record["status"] for record in relay.history(count=8)} == {"stopped"}


@pytest.fixture
def upstream(start_relay):
    """A model that outlives the relay under test: the simulator inside another relay."""
    return start_relay(RELAY_LOG_REQUESTS=0)


@pytest.fixture
def lasting(start_relay, upstream):
    """A relay whose calls are still counted after a restart."""
    base = upstream.log().split("(at ")[1].split(")")[0].removesuffix("/v1")
    return start_relay(RELAY_LOOPS=2, OPENAI_BASE_URL=f"{base}/v1", RELAY_MODEL="simulator")


def end(relay, how):
    """Ends the process, some time after its answers have ended, and starts another."""
    if how == "SIGTERM":
        assert relay.stop() == 0
    else:
        # By then the journal has dropped the ended answers.
        time.sleep(1.8 if how == "SIGKILL later" else 0)
        relay.kill()
    relay.start()


def ask(relay, key=KEY, message=PROMPT, model=SAID, path="/chat/stream", **more):
    body = {"message": message, "model": model} | more
    return httpx.post(f"{relay.url}{path}", json=body, headers=key, timeout=20)


ENDS = ["SIGTERM", "SIGKILL at once", "SIGKILL later"]


@pytest.mark.parametrize("how", ENDS)
def test_what_ended_before_a_restart_is_told_again_and_not_paid_again(lasting, upstream, how):
    first = ask(lasting)
    assert frames.text_of(frames.parse(first.text), "token") == "paid for only once"
    id = first.headers["x-stream-id"]
    # After one restart and after two.
    for _ in range(2):
        end(lasting, how)
        again = ask(lasting)
        assert again.headers["x-stream-id"] == id
        assert frames.text_of(frames.parse(again.text), "token") == "paid for only once"
        assert again.text.endswith("data: [DONE]\n\n")
        with openai.OpenAI(
            base_url=f"{lasting.url}/v1", api_key="unused", max_retries=0, timeout=20
        ) as client:
            whole = client.chat.completions.create(model=SAID, messages=MESSAGES, extra_headers=KEY)
            assert whole.choices[0].message.content == "paid for only once"
            with pytest.raises(openai.ConflictError):
                client.chat.completions.create(
                    model=SAID, messages=[{"role": "user", "content": "x"}], extra_headers=KEY
                )
        assert asked(upstream) == 1
        assert [record["id"] for record in lasting.history(count=1)] == [id]
    assert " error " not in lasting.log()


@pytest.mark.parametrize("how", ENDS)
def test_a_deleted_conversation_is_asked_anew_after_a_restart(lasting, upstream, how):
    ids = {ask(lasting, conversation="c").headers["x-stream-id"]}
    for message, count in [(PROMPT, 2), ("another question", 1)]:
        assert httpx.delete(f"{lasting.url}/chat/conversations/c", timeout=10).status_code == 204
        end(lasting, how)
        again = ask(lasting, message=message, conversation="c")
        assert frames.text_of(frames.parse(again.text), "token") == "paid for only once"
        assert again.headers["x-stream-id"] not in ids
        ids.add(again.headers["x-stream-id"])
        assert asked(upstream, message) == count


@pytest.mark.parametrize("how", ENDS)
def test_an_abandoned_answer_gives_what_came_of_it_with_its_ending(lasting, upstream, how):
    model = "simulator?say=paid%20for&interval_ms=0&pause_after=2&pause_ms=600000"
    body = {"message": PROMPT, "model": model, "on_disconnect": "cancel"}
    with httpx.stream(
        "POST", f"{lasting.url}/chat/stream", json=body, headers=KEY, timeout=20
    ) as answer:
        id = answer.headers["x-stream-id"]
        for line in answer.iter_lines():
            if "paid" in line:
                break
    [record] = lasting.history(count=1)
    assert record["status"] == "abandoned"
    for round in range(2):
        streamed = ask(lasting, model=model)
        assert streamed.headers["x-stream-id"] == id
        text = frames.text_of(frames.parse(streamed.text), "token")
        assert text == record["content"] and text.startswith("paid")
        assert '"status":"abandoned"' in streamed.text
        whole = httpx.post(
            f"{lasting.url}/v1/chat/completions", json={"model": model, "messages": MESSAGES},
            headers=KEY, timeout=20,
        )
        assert whole.status_code == 200
        assert whole.json()["choices"][0]["message"]["content"] == text
        assert whole.json()["choices"][0]["finish_reason"] == "length"
        assert whole.json()["status"] == "abandoned"
        if round == 0:
            end(lasting, how)
    assert asked(upstream) == 1
    lasting.history(count=1)


def test_a_refusal_leaves_no_key_behind_for_the_next_process(lasting, upstream):
    # All of the relay's own tries are refused.
    assert ask(lasting, model="simulator?status=429&retry_after_ms=1").status_code == 429
    end(lasting, "SIGTERM")
    assert frames.text_of(frames.parse(ask(lasting).text), "token") == "paid for only once"
    assert asked(upstream) == 4


def test_a_key_lasts_for_its_time_and_no_longer(start_relay, upstream):
    base = upstream.log().split("(at ")[1].split(")")[0].removesuffix("/v1")
    relay = start_relay(OPENAI_BASE_URL=f"{base}/v1", RELAY_RESUME_S=600)
    id = ask(relay).headers["x-stream-id"]
    for older, is_known in [(590, True), (20, False)]:
        assert relay.stop() == 0
        # As if so much more time had passed, with a checksum that fits the changed line.
        age(relay.data / "keys", older)
        relay.start()
        again = ask(relay).headers["x-stream-id"]
        assert (again == id) == is_known
    assert asked(upstream) == 2


def age(path, seconds):
    lines = []
    for line in path.read_text().splitlines():
        _, ended_at, rest = line.split(" ", 2)
        text = f"{int(ended_at) - seconds * 1000} {rest}"
        lines.append(f"{crc32c(text.encode()):08x} {text}\n")
    assert lines
    path.write_text("".join(lines))


def crc32c(text):
    remainder = 0xFFFFFFFF
    for byte in text:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF
