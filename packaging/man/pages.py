#!/usr/bin/env python3
"""Makes what the package says from what the program prints, so that they cannot differ.

    pages.py program DATE VERSION <text of --help            sse-relay(1)
    pages.py variables DATE VERSION <text of --env-example   sse-relay.env(5)
    pages.py env <text of --env-example                      /etc/sse-relay/relay.env
"""

import re
import sys
import textwrap

HEADING = re.compile(r"# ---- (.*?) -+\n")
SETTING = re.compile(r"#([A-Za-z_]+)=(.*)\n")
# What is in other places than where the program itself looks for it.
IN_PACKAGE = {
    "RELAY_DATA_DIR": "/var/lib/sse-relay",
    "RELAY_STATIC_DIR": "/usr/share/sse-relay/static",
}

ENV_HEAD = """\
sse-relay.service reads this file at a start: `systemctl restart sse-relay` takes over what is
changed here. Variables that `systemctl reload sse-relay` should change go to
/var/lib/sse-relay/.env instead, whose owner is the user sse-relay. If a variable is in both files,
this one wins. `man sse-relay.env` has the same words; values go to the end of their lines, without
quotes. `sse-relay --env-file /etc/sse-relay/relay.env --check` says, as root, what is in force.
"""
FILES = """\
.SH FILES
.TP
.I /etc/sse\\-relay/relay.env
variables that the service starts with; for root alone
.TP
.I /var/lib/sse\\-relay/.env
variables that a reload takes over
.TP
.I /var/lib/sse\\-relay
history and journal
.TP
.I /usr/share/doc/sse\\-relay
the documentation, with examples for nginx, Caddy and HAProxy
"""


def roff(text):
    """Plain text, with nothing in it that troff would read."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    text = "".join(c if ord(c) < 128 else f"\\[u{ord(c):04X}]" for c in text)
    return "\\&" + text if text[:1] in (".", "'") else text


def marked(words):
    """Markdown's code and links; hyphens of prose stay hyphens."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
    parts = words.split("`")
    assert len(parts) % 2 == 1, f"a quote without its end: {words}"
    text = ""
    for index, part in enumerate(parts):
        text += f"\\fB{roff(part)}\\fR" if index % 2 else roff(part).replace("\\-", "-")
    return text


def prose(words, width=78):
    """Lines of a paragraph; none begins with what troff would take for a request."""
    lines = textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False)
    return "".join(("\\&" if line[0] in ".'" else "") + line + "\n" for line in lines)


def head(name, section, date, version, purpose):
    return (
        f'.TH {name.upper()} {section} {date} "sse-relay {version}"\n.nh\n'
        f".SH NAME\n{roff(name)} \\- {purpose}\n"
    )


def bold_words(line):
    """A command: names in bold, what stands for a value in italics."""
    def mark(match):
        return f"\\fI{match[0]}\\fR" if match[0].isupper() else f"\\fB{roff(match[0])}\\fR"

    return re.sub(r"[A-Za-z-]+", mark, line)


def program(text, date, version):
    title, usage, *rest = text.split("\n\n")
    page = head("sse-relay", 1, date, version, "relay of language models' streams")
    page += ".SH SYNOPSIS\n.nf\n"
    for line in usage.removeprefix("Usage:").splitlines():
        page += bold_words(line.strip()) + "\n"
    page += ".fi\n.SH DESCRIPTION\n"
    about = title.split(": ", 1)[1]
    page += prose(roff(about[0].upper() + about[1:]).replace("\\-", "-"))
    page += prose(
        "It takes chat requests over HTTP, asks the model's streaming API, and sends each token on "
        "the moment it arrives. The whole message becomes a line in a JSON-lines history file."
    )
    page += ".SH OPTIONS\n"
    variables = False
    for part in rest:
        first = part.lstrip("\n").split("\n", 1)[0]
        if first.startswith("Variables"):
            variables = True
            page += ".SH ENVIRONMENT\n.BR sse\\-relay.env (5)\nexplains each variable.\n"
        elif first.startswith("  ") and not variables:
            page += options(part)
        else:
            page += sections(part)
    page += FILES
    return page + ".SH SEE ALSO\n.BR sse\\-relay.env (5),\n.BR curl (1)\n"


def options(part):
    page = ""
    for line in part.splitlines():
        entry = re.match(r"  (\S.*?)  +(\S.*)", line)
        if entry:
            page += f".TP\n{bold_words(entry[1])}\n"
        words = entry[2] if entry else line.strip()
        page += ("\\&" if words[0] in ".'" else "") + roff(words) + "\n"
    return page


def sections(part):
    """Paragraphs of the form `Title: text`."""
    page = ""
    for paragraph in re.split(r"\n(?=[A-Z][a-z]+: )", part.strip()):
        title, words = paragraph.split(": ", 1)
        title = {"Exit": "EXIT STATUS"}.get(title, title.upper())
        page += f".SH {title}\n" + prose(marked(" ".join(words.split())))
    return page


def blocks(text):
    """(kind, words, name, value) of each block of --env-example."""
    for block in text.strip("\n").split("\n\n"):
        block += "\n"
        heading = HEADING.fullmatch(block)
        if heading:
            yield "heading", heading[1], None, None
            continue
        *comments, last = block.splitlines(keepends=True)
        setting = SETTING.fullmatch(last)
        if not setting:
            comments.append(last)
        words = " ".join(line.removeprefix("#").strip() for line in comments)
        if setting:
            yield "setting", words, setting[1], setting[2]
        else:
            yield "words", words, None, None


def variables(text, date, version):
    page = head("sse-relay.env", 5, date, version, "variables of sse-relay")
    page += ".SH DESCRIPTION\n"
    page += prose(
        "Lines of the form \\fINAME\\fR=\\fIvalue\\fR. A value goes to the end of its line, without "
        "quotes; lines that begin with # are comments. Below is each variable with its default or "
        "an example."
    )
    page += ".PP\n" + prose(marked(
        "The service reads `/etc/sse-relay/relay.env` at a start and `/var/lib/sse-relay/.env` also "
        "at each reload; the first one wins. A reload takes over all variables but those that say "
        "that they need a restart. `sse-relay --check` prints what is in force."
    ))
    # The first paragraph is about files that are not the service's.
    for kind, words, name, value in list(blocks(text))[1:]:
        if kind == "heading":
            page += f".SH {words.upper()}\n"
        elif kind == "setting":
            value = IN_PACKAGE.get(name, value)
            page += f".TP\n\\fB{roff(name)}\\fR={roff(value)}\n" + prose(marked(words))
        else:
            page += ".PP\n" + prose(marked(words))
    return page + FILES + ".SH SEE ALSO\n.BR sse\\-relay (1),\n.BR systemd.exec (5)\n"


def env(text):
    _, rest = text.split("\n\n", 1)
    for name, value in IN_PACKAGE.items():
        rest, count = re.subn(rf"(?m)^#{name}=.*$", f"{name}={value}", rest)
        assert count == 1, f"{name} is not in the text"
    return "".join(f"# {line}\n" for line in ENV_HEAD.splitlines()) + "\n" + rest


if __name__ == "__main__":
    kinds = {"program": program, "variables": variables, "env": env}
    sys.stdout.write(kinds[sys.argv[1]](sys.stdin.read(), *sys.argv[2:]))
