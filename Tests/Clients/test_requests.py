"""The `requests` library, which takes text without a named character set for Latin-1."""

import pytest
import requests

SAY = "Grüße, 世界 😀"


@pytest.mark.parametrize("path", ["/chat/stream", "/stream-chat"])
def test_text_is_read_in_the_character_set_it_was_written_in(relay, path):
    body = {"message": "hi", "model": f"simulator?say={SAY}&interval_ms=0"}
    with requests.post(relay.url + path, json=body, stream=True, timeout=20) as answer:
        lines = list(answer.iter_lines(decode_unicode=True))
    text = "".join(line[6:] for line in lines if line.startswith("data: ") and line[6] not in "{[")
    assert text == SAY
