"""Servers by other people as upstreams: what comes through the daemon is what comes without it."""

import json

import pytest

import asked
import real_upstreams

both = pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp


@pytest.fixture(scope="module")
def litellm(folder):
    with real_upstreams.litellm_proxy(folder("litellm")) as url:
        yield f"{url}/v1"


@pytest.fixture(scope="module")
def fakellm(folder):
    with real_upstreams.fakellm(folder("fakellm")) as url:
        yield url


@pytest.fixture(scope="module")
def llmock(folder):
    with real_upstreams.llmock(folder("llmock")) as url:
        yield url


@pytest.fixture
def through(start_relay, tmp_path):
    """`through(base, whole=True)` is the base URL of a relay before such an upstream."""

    def through(base, **more):
        file = tmp_path / "upstreams.json"
        upstream = {"name": "real", "base_url": base, "key": "unused", "model": "any"} | more
        file.write_text(json.dumps({"upstreams": [upstream]}))
        return start_relay(RELAY_UPSTREAMS_FILE=file, RELAY_RETRIES=0).url + "/v1"

    return through


def check_equal(got, direct):
    """All is equal; an error's message says more, such as who answered and the cure."""
    if direct.error:
        assert got.error == direct.error
        assert direct.message in got.message
    else:
        assert got == direct


class TestLiteLLMProxy:
    @both
    @pytest.mark.parametrize("model", ["mocked", "limited", "long", "broken", "unknown"])
    def test_an_answer_is_the_same_as_without_the_relay(self, litellm, through, model, streamed):
        direct = asked.of_openai(litellm, model, streamed)
        assert bool(direct.error) == (model != "mocked")
        # It counts otherwise in a stream than in a whole answer.
        base = through(litellm, whole=not streamed)
        check_equal(asked.of_openai(base, model, streamed), direct)

    def test_tool_calls_that_only_whole_answers_have_come_where_they_are_asked_for(
        self, litellm, through
    ):
        # This version streams no mocked calls.
        assert asked.of_openai(litellm, "caller", True).calls == ()
        direct = asked.of_openai(litellm, "caller", False, tools=True)
        assert direct.calls == (("weather", {"city": "Oslo"}),)
        # Nor does it say that the answer ends with calls; the relay does.
        assert direct.finish == "stop"
        direct.finish = "tool_calls"
        base = through(litellm, whole=True)
        check_equal(asked.of_openai(base, "caller", False, tools=True), direct)
        assert asked.of_openai(base, "caller", True, tools=True).calls == direct.calls


class TestFakeLLM:
    @both
    @pytest.mark.parametrize("model", ["plain", "caller"])
    def test_an_answer_is_the_same_as_without_the_relay(self, fakellm, through, model, streamed):
        base = f"{fakellm}/v1"
        direct = asked.of_openai(base, model, streamed, tools=True)
        got = asked.of_openai(through(base, whole=not streamed), model, streamed, tools=True)
        if streamed:
            # It counts nothing in a stream; the relay estimates.
            assert direct.usage is None
            got.usage = None
        check_equal(got, direct)

    @pytest.mark.parametrize("model", ["limited", "broken"])
    def test_an_error_that_its_streams_hide_comes_where_whole_answers_are_asked_for(
        self, fakellm, through, model
    ):
        base = f"{fakellm}/v1"
        assert asked.of_openai(base, model, True).error is None
        direct = asked.of_openai(base, model, False)
        assert direct.error
        relayed = through(base, whole=True)
        check_equal(asked.of_openai(relayed, model, True), direct)
        check_equal(asked.of_openai(relayed, model, False), direct)

    @both
    @pytest.mark.parametrize("model", ["claude-plain", "claude-caller"])
    def test_anthropics_answers_are_the_same_in_openais_words(
        self, fakellm, through, model, streamed
    ):
        direct = asked.of_anthropic(fakellm, model, streamed, tools=True)
        base = through(fakellm, kind="anthropic", whole=not streamed)
        check_equal(asked.of_openai(base, model, streamed, tools=True), direct)


class TestLLMock:
    PREFIXES = ["/v1", "/groq/openai/v1", "/mistral/v1", "/together/v1", "/perplexity/v1",
                "/xai/v1"]

    @both
    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_an_answer_is_the_same_as_without_the_relay(self, llmock, through, prefix, streamed):
        base = f"{llmock}{prefix}"
        relayed = through(base)
        for tools in (False, True):
            direct = asked.of_openai(base, "some", streamed, tools=tools)
            assert len(direct.calls) == tools
            check_equal(asked.of_openai(relayed, "some", streamed, tools=tools), direct)

    @both
    def test_its_errors_keep_their_class(self, llmock, through, streamed):
        base = f"{llmock}/v1"
        relayed = through(base)
        for model in ("limited", "missing", "refused", "broken"):
            direct = asked.of_openai(base, model, streamed)
            assert direct.error
            check_equal(asked.of_openai(relayed, model, streamed), direct)

    @pytest.mark.parametrize("fault", ["disconnect", "truncate", "malformed"])
    def test_a_stream_that_breaks_is_never_a_success(self, llmock, through, fault):
        got = asked.of_openai(through(f"{llmock}/v1"), fault, True)
        assert got.error in ("APIError", "InternalServerError"), got

    @both
    def test_anthropics_answers_are_the_same_in_openais_words(self, llmock, through, streamed):
        base = f"{llmock}/anthropic"
        relayed = through(base, kind="anthropic")
        for tools in (False, True):
            direct = asked.of_anthropic(base, "claude-some", streamed, tools=tools)
            assert len(direct.calls) == tools
            check_equal(asked.of_openai(relayed, "claude-some", streamed, tools=tools), direct)

    @both
    def test_anthropics_errors_keep_their_class(self, llmock, through, streamed):
        base = f"{llmock}/anthropic"
        relayed = through(base, kind="anthropic")
        for model in ("claude-limited", "claude-missing", "claude-refused", "claude-broken"):
            direct = asked.of_anthropic(base, model, streamed)
            assert direct.error
            check_equal(asked.of_openai(relayed, model, streamed), direct)
