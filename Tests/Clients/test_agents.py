"""The libraries that programs use on top of OpenAI's, through both upstream protocols: plain and
streamed, with a round of tools, with JSON of a given shape, with usage, errors and a stop.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.parse

import pydantic
import pytest

# Litellm would fetch its list of prices from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
# Nor do the agents send their traces anywhere.
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"

UPSTREAMS = {"openai": "simulator", "anthropic": "claude-simulator"}


@pytest.fixture(params=list(UPSTREAMS))
def model(request):
    """`model(say="…")` names a model of one of the two protocols that behaves so."""

    def name(**options):
        options = {"interval_ms": 0} | options
        return f"{UPSTREAMS[request.param]}?{urllib.parse.urlencode(options)}"

    return name


@pytest.fixture
def base(relay):
    return f"{relay.url}/v1"


class City(pydantic.BaseModel):
    """A city."""

    name: str
    people: int


def weather(city: str) -> str:
    """What the weather is in a city."""
    return f"rain in {city}"


def left_within(relay, name, seconds=0.2):
    """Waits until the simulator has seen its caller leave, and checks how long that took."""
    left = time.time()
    deadline = time.monotonic() + 20
    while not (close := relay.calls().get(name, {}).get("last_close")):
        assert time.monotonic() < deadline, "the upstream's connection stayed open"
        time.sleep(0.005)
    assert close["at_ms"] / 1000 - left < seconds


class TestLangChain:
    @pytest.fixture
    def chat(self, base):
        from langchain_openai import ChatOpenAI

        return lambda name, **more: ChatOpenAI(
            model=name, base_url=base, api_key="unused", max_retries=0, timeout=30, **more
        )

    def test_an_answer_comes_whole_and_streamed_with_its_usage(self, chat, model):
        name = model(say="Hello there")
        whole = chat(name).invoke("hi")
        assert whole.content == "Hello there"
        assert whole.usage_metadata["output_tokens"] > 0
        pieces = list(chat(name, stream_usage=True).stream("hi"))
        assert "".join(piece.content for piece in pieces) == "Hello there"
        assert any(piece.usage_metadata for piece in pieces)

    def test_a_tool_is_called_and_its_result_is_answered(self, chat, model):
        from langchain_core.messages import HumanMessage, ToolMessage

        bound = chat(model(calls=1, say="It rains.")).bind_tools([weather])
        call = bound.invoke([HumanMessage("weather?")])
        [asked] = call.tool_calls
        assert asked["name"] == "weather" and asked["args"]["city"]
        result = ToolMessage(weather(**asked["args"]), tool_call_id=asked["id"])
        assert bound.invoke([HumanMessage("weather?"), call, result]).content == "It rains."

    def test_a_streamed_call_has_whole_arguments(self, chat, model):
        bound = chat(model(calls=2)).bind_tools([weather])
        whole = None
        for piece in bound.stream("weather?"):
            whole = piece if whole is None else whole + piece
        assert [call["name"] for call in whole.tool_calls] == ["weather", "weather"]
        assert len({call["id"] for call in whole.tool_calls}) == 2

    @pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
    def test_an_answer_has_the_shape_that_was_asked_for(self, chat, model, method):
        options = {"say": '{"name":"Köln","people":1}'} if method == "json_mode" else {}
        city = chat(model(**options)).with_structured_output(City, method=method).invoke(
            "a city, as JSON"
        )
        assert isinstance(city, City) and city.name

    def test_an_error_keeps_its_class(self, chat, model):
        import openai

        with pytest.raises(openai.RateLimitError):
            chat(model(status=429)).invoke("hi")


class TestLiteLLM:
    @pytest.fixture
    def ask(self, base):
        import litellm

        def ask(name, **more):
            more = {"messages": [{"role": "user", "content": "hi"}]} | more
            return litellm.completion(
                model=f"openai/{name}", api_base=base, api_key="unused", num_retries=0,
                max_retries=0, timeout=30, **more,
            )

        return ask

    def test_an_answer_comes_whole_and_streamed_with_its_usage(self, ask, model):
        name = model(say="Hello there", reasoning=3)
        whole = ask(name)
        assert whole.choices[0].message.content == "Hello there"
        assert whole.choices[0].message.reasoning_content
        assert whole.usage.completion_tokens > 0
        pieces = list(ask(name, stream=True, stream_options={"include_usage": True}))
        text = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
        assert text == "Hello there"

    def test_a_tool_is_called_and_its_result_is_answered(self, ask, model):
        name = model(calls=1, say="It rains.")
        tools = [{"type": "function", "function": {
            "name": "weather", "parameters": {
                "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
            },
        }}]
        message = ask(name, tools=tools).choices[0].message
        [call] = message.tool_calls
        assert json.loads(call.function.arguments)["city"]
        answer = ask(name, tools=tools, messages=[
            {"role": "user", "content": "hi"}, message,
            {"role": "tool", "tool_call_id": call.id, "content": "rain"},
        ])
        assert answer.choices[0].message.content == "It rains."

    def test_an_answer_has_the_shape_that_was_asked_for(self, ask, model):
        answer = ask(model(), response_format=City)
        assert City.model_validate_json(answer.choices[0].message.content).name

    @pytest.mark.parametrize(
        ("status", "error"), [(401, "AuthenticationError"), (429, "RateLimitError"),
                              (404, "NotFoundError"), (400, "BadRequestError")]
    )
    def test_an_error_keeps_its_class(self, ask, model, status, error):
        import litellm

        with pytest.raises(getattr(litellm, error)):
            ask(model(status=status))

    def test_a_client_that_leaves_stops_the_upstream(self, ask, model, relay):
        name = model(tokens=100000, interval_ms=5)
        stream = ask(name, stream=True)
        next(iter(stream))
        stream.completion_stream.close()
        left_within(relay, name)


class TestPydanticAI:
    @pytest.fixture
    def agent(self, base):
        from pydantic_ai import Agent
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        def agent(name, **more):
            provider = OpenAIProvider(base_url=base, api_key="unused")
            return Agent(OpenAIChatModel(name, provider=provider), **more)

        return agent

    def test_an_answer_comes_whole_and_streamed_with_its_usage(self, agent, model):
        name = model(say="Hello there")
        result = agent(name).run_sync("hi")
        assert result.output == "Hello there"

        async def streamed():
            async with agent(name).run_stream("hi") as stream:
                return await stream.get_output()

        assert asyncio.run(streamed()) == "Hello there"

    def test_a_tool_is_called_and_its_result_is_answered(self, agent, model):
        cities = []

        def forecast(city: str) -> str:
            """What the weather will be."""
            cities.append(city)
            return "rain"

        result = agent(model(calls=1, say="It rains."), tools=[forecast]).run_sync("weather?")
        assert result.output == "It rains." and len(cities) == 1

    @pytest.mark.parametrize("way", ["ToolOutput", "NativeOutput"])
    def test_an_answer_has_the_shape_that_was_asked_for(self, agent, model, way):
        import pydantic_ai

        output = getattr(pydantic_ai, way)(City)
        assert isinstance(agent(model(), output_type=output).run_sync("a city").output, City)

    def test_an_error_keeps_its_status(self, agent, model):
        from pydantic_ai.exceptions import ModelHTTPError

        with pytest.raises(ModelHTTPError) as caught:
            agent(model(status=401)).run_sync("hi")
        assert caught.value.status_code == 401


class TestOpenAIAgents:
    @pytest.fixture
    def run(self, base):
        import agents
        import openai

        agents.set_tracing_disabled(True)

        def run(name, question="hi", **more):
            client = openai.AsyncOpenAI(base_url=base, api_key="unused", max_retries=0, timeout=30)
            chat = agents.OpenAIChatCompletionsModel(model=name, openai_client=client)
            agent = agents.Agent(name="tester", model=chat, **more)
            return asyncio.run(agents.Runner.run(agent, question))

        return run

    def test_an_answer_comes_whole(self, run, model):
        assert run(model(say="Hello there")).final_output == "Hello there"

    def test_an_answer_comes_streamed(self, base, model):
        import agents
        import openai

        async def streamed():
            client = openai.AsyncOpenAI(base_url=base, api_key="unused", max_retries=0, timeout=30)
            chat = agents.OpenAIChatCompletionsModel(
                model=model(say="Hello there", reasoning=2), openai_client=client
            )
            result = agents.Runner.run_streamed(agents.Agent(name="tester", model=chat), "hi")
            kinds = [event.type async for event in result.stream_events()]
            return result.final_output, kinds

        output, kinds = asyncio.run(streamed())
        assert output == "Hello there" and "raw_response_event" in kinds

    def test_a_tool_is_called_and_its_result_is_answered(self, run, model):
        import agents

        cities = []

        @agents.function_tool
        def forecast(city: str) -> str:
            """What the weather will be."""
            cities.append(city)
            return "rain"

        result = run(model(calls=1, say="It rains."), tools=[forecast])
        assert result.final_output == "It rains." and len(cities) == 1

    def test_an_answer_has_the_shape_that_was_asked_for(self, run, model):
        assert isinstance(run(model(), output_type=City).final_output, City)


class TestInstructor:
    @pytest.mark.parametrize("mode", ["TOOLS", "JSON", "JSON_SCHEMA"])
    def test_an_answer_has_the_shape_that_was_asked_for(self, base, model, mode):
        import instructor
        import openai

        # This mode asks in words alone.
        options = {"say": '{"name":"Köln","people":1}'} if mode == "JSON" else {}
        client = instructor.from_openai(
            openai.OpenAI(base_url=base, api_key="unused", max_retries=0, timeout=30),
            mode=getattr(instructor.Mode, mode),
        )
        city = client.chat.completions.create(
            model=model(**options), response_model=City, max_retries=0,
            messages=[{"role": "user", "content": "a city"}],
        )
        assert isinstance(city, City)


class TestLLM:
    """Simon Willison's `llm`, as a command."""

    def test_a_question_on_the_command_line_is_answered(self, base, model, tmp_path):
        (tmp_path / "extra-openai-models.yaml").write_text(json.dumps([{
            "model_id": "relay", "model_name": model(say="Hello there"), "api_base": base,
            "api_key_name": "unused",
        }]))
        environment = os.environ | {"LLM_USER_PATH": str(tmp_path)}
        for option in ([], ["--no-stream"]):
            done = subprocess.run(
                [sys.executable, "-m", "llm", "-m", "relay", "--key", "unused", *option, "hi"],
                env=environment, capture_output=True, text=True, timeout=60,
            )
            assert done.stdout.strip() == "Hello there", done.stderr
