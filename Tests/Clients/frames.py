"""Reads an event stream as the HTML standard says (section 9.2.6), for tests that see raw text."""

import dataclasses
import re


@dataclasses.dataclass
class Event:
    name: str
    data: str
    id: str


def parse(text):
    """All finished events of `text`; an unfinished one at the end is dropped, as browsers do."""
    events, data, name, last_id = [], [], "", ""
    for line in re.split(r"\r\n|\r|\n", text)[:-1]:
        if not line:
            if data:
                events.append(Event(name or "message", "\n".join(data), last_id))
            data, name = [], ""
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


def names(events):
    """The names in order, repeats folded: start token token finish → start token finish."""
    folded = []
    for event in events:
        if not folded or folded[-1] != event.name:
            folded.append(event.name)
    return folded


def text_of(events, name):
    """The data of all events of this name, joined: what the user sees."""
    return "".join(event.data for event in events if event.name == name)
