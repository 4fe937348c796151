"""What a client of OpenAI's or Anthropic's library got, in a form that can be compared."""

import dataclasses
import json

import anthropic
import openai

QUESTION = [{"role": "user", "content": "Say something, whatever it is."}]
TOOL = {"name": "weather", "description": "The weather.", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
}}
# Words of other vendors, as OpenAI says them.
FINISHES = {"end_turn": "stop", "eos": "stop", "tool_use": "tool_calls", "max_tokens": "length"}


@dataclasses.dataclass
class Answer:
    """An answer, or the error that stood for it."""

    text: str = ""
    finish: str | None = None
    # Names and arguments: ids are new in each answer.
    calls: tuple = ()
    # Prompt and completion tokens.
    usage: tuple | None = None
    model: str | None = None
    error: str | None = None
    message: str | None = None


def of_openai(base, model, streamed, tools=False, **more):
    """Asks with OpenAI's library."""
    if tools:
        more["tools"] = [{"type": "function", "function": TOOL}]
    if streamed:
        more["stream_options"] = {"include_usage": True}
    with openai.OpenAI(base_url=base, api_key="unused", max_retries=0, timeout=60) as client:
        try:
            answer = client.chat.completions.create(
                model=model, messages=QUESTION, stream=streamed, **more
            )
            return _joined(answer) if streamed else _whole(answer)
        except openai.APIError as error:
            return Answer(error=type(error).__name__, message=_message(error))


def _message(error):
    """The server's own sentence, with single blanks: a message of the relay is one line."""
    body = error.body if isinstance(error.body, dict) else {}
    return " ".join(body.get("error", body).get("message", error.message).split())


def _arguments(text):
    """A call's arguments; an answer that was cut may have a part of them."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _counts(usage):
    return usage and (usage.prompt_tokens, usage.completion_tokens)


def _whole(answer):
    [choice] = answer.choices
    calls = tuple((call.function.name, _arguments(call.function.arguments))
                  for call in choice.message.tool_calls or [])
    finish = FINISHES.get(choice.finish_reason, choice.finish_reason)
    return Answer(choice.message.content or "", finish, calls,
                  _counts(answer.usage), answer.model)


def _joined(chunks):
    answer, calls = Answer(), {}
    for chunk in chunks:
        answer.model = answer.model or chunk.model
        answer.usage = _counts(chunk.usage) or answer.usage
        for choice in chunk.choices:
            answer.text += choice.delta.content or ""
            answer.finish = choice.finish_reason or answer.finish
            for piece in choice.delta.tool_calls or []:
                call = calls.setdefault(piece.index, ["", ""])
                # llama.cpp's Python server repeats it with every piece.
                call[0] = call[0] or piece.function.name
                call[1] += piece.function.arguments or ""
    answer.calls = tuple((name, _arguments(arguments)) for name, arguments in calls.values())
    return answer


def of_anthropic(base, model, streamed, tools=False):
    """Asks with Anthropic's library, and says it in OpenAI's words."""
    more = {"max_tokens": 900, "model": model, "messages": QUESTION}
    if tools:
        more["tools"] = [{
            "name": TOOL["name"], "description": TOOL["description"],
            "input_schema": TOOL["parameters"],
        }]
    with anthropic.Anthropic(base_url=base, api_key="unused", max_retries=0, timeout=60) as client:
        try:
            if streamed:
                with client.messages.stream(**more) as stream:
                    message = stream.get_final_message()
            else:
                message = client.messages.create(**more)
        except anthropic.APIStatusError as error:
            return Answer(error=type(error).__name__, message=_message(error))
    text = "".join(block.text for block in message.content if block.type == "text")
    calls = tuple((block.name, block.input) for block in message.content
                  if block.type == "tool_use")
    usage = (message.usage.input_tokens, message.usage.output_tokens)
    return Answer(text, FINISHES[message.stop_reason], calls, usage, message.model)
