"""A chat relay as it is usually written with FastAPI: the peer of scripts/bench --peers.

Reads OPENAI_BASE_URL and OPENAI_API_KEY, and is run by uvicorn with uvloop and httptools.
"""

import json

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI
from pydantic import BaseModel

app = FastAPI()
client = AsyncOpenAI()


class ChatRequest(BaseModel):
    message: str
    model: str


async def relay(chat: ChatRequest):
    stream = await client.chat.completions.create(
        model=chat.model,
        messages=[{"role": "user", "content": chat.message}],
        stream=True,
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            yield f"data: {json.dumps({'content': chunk.choices[0].delta.content})}\n\n"
    yield "data: [DONE]\n\n"


@app.post("/chat/completions")
async def chat_completions(chat: ChatRequest):
    return StreamingResponse(
        relay(chat),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
