"""What the page's Markdown must leave as the model wrote it: code and mathematics."""

import random
from urllib.parse import quote

import pytest
from chromium_page import browser, chromium, until, until_ended  # noqa: F401
from selenium.webdriver.common.keys import Keys
from test_page import FEED

CODE = {
    "tabs": ("```\n\tone\n\t\ttwo\n\n\tthree\t\n```", "\tone\n\t\ttwo\n\n\tthree\t"),
    "tab first of all": ("```make\n\tall:\n```", "\tall:"),
    "tabs after spaces": ("```\n  \tx\n \t y\n```", "  \tx\n \t y"),
    "a fence that is indented": ("  ```\n  \tx\n\ty\n z\n  ```", "\tx\n  y\nz"),
    "in a list": ("- a\n\n  ```\n  \tx\n  ```", "\tx"),
    "in a list, indented by tabs": ("1. a\n\n\t```\n\tif x:\n\t\ty\n\t```", "if x:\n\ty"),
    "in a quote": ("> ```\n> \tx\n> ```", "\tx"),
    "ends of lines as on Windows": ("```\r\n\tx\r\ny\r\n```\r\n", "\tx\ny"),
    "never closed": ("```\n\tx\n", "\tx\n"),
    "trailing spaces": ("```\nx  \n\n\n```", "x  \n\n"),
    "formulas": ("```\n$a*b*c$ \\[x\\] $$\n- y\n```", "$a*b*c$ \\[x\\] $$\n- y"),
}

SPANS = {
    "`\ta\tb`": "\ta\tb",
    "`a  b`": "a  b",
    "`` ` ``": "`",
    "`\\[x\\] $a*b*c$`": "\\[x\\] $a*b*c$",
    "`*a* \\, <b>`": "*a* \\, <b>",
}

FORMULAS = [
    r"\(x\)", r"\[x\]", r"$a*b*c$", r"$$a*b*c$$", r"$a_1 + b_2\,c_3$", r"\(a_i \, b_i\)",
    r"$\{x\}$", r"$x^{*}_{n}$ and $y^{*}_{n}$", r"\[ a \\ b \; c \]", r"$f\left[x\right](y)$",
    r"$|x| \_ y$", r"$a$, $b*c*d$.", r"($*x*$)", r"$~~x~~$", r"$\$5*x*2$", r"$-5*a*b$",
    "$$\na*b*c\n- d\n+ e\n= f\n$$", "\\[\na*b*c\n# d\n1. e\n> f\n\\]", "The sum\n$$\n- b*c*d\n$$\nis x",
    "$$\n\na*b*c\n\n- d\n\n$$", "\\[ a\n$$\n\n- b*c*d\n\n$$\n\\[ e\n- f*g*h\n\\]",
    "so \\[\n- a*b*\n\\] holds", "$$a\n- b*c*d$$",
]

PROSE = {
    "$5 and $6": "<p>$5 and $6</p>",
    "$5 and *6* or $7": "<p>$5 and <em>6</em> or $7</p>",
    "from $5 to *$6*": "<p>from $5 to <em>$6</em></p>",
    "US$5 and *US$6*": "<p>US$5 and <em>US$6</em></p>",
    "5$ and *6* $": "<p>5$ and <em>6</em> $</p>",
    "$HOME and *$PATH* and `$X`": "<p>$HOME and <em>$PATH</em> and <code>$X</code></p>",
    "\\$5 *and* \\$6": "<p>$5 <em>and</em> $6</p>",
    "\\(open *and* more": "<p>(open <em>and</em> more</p>",
    "\\* \\, \\[ *a*": "<p>* , [ <em>a</em></p>",
    "costs $$\n\n- *a*\n- b": "<p>costs $$</p><ul><li><p><em>a</em></p></li><li><p>b</p></li></ul>",
    "the shell's `$$`\n- *a*": "<p>the shell's <code>$$</code></p><ul><li><p><em>a</em></p></li></ul>",
    "# Head\r\n\r\n- *a*\r\n- b\r\n":
        "<h1>Head</h1><ul><li><p><em>a</em></p></li><li><p>b</p></li></ul>",
    "$a$ *b* $c$": "<p>$a$ <em>b</em> $c$</p>",
}

SHOWN = """
    const [text, selector] = given, root = document.createElement('div');
    const view = new md.MarkdownView(root);
    view.append(text);
    view.draw(true);
    document.body.append(root);
    const node = root.querySelector(selector);
    const shown = node?.textContent;
    const lines = node?.innerText;
    root.remove();
    return [shown, lines, root.innerHTML];
"""


@pytest.mark.parametrize("name", CODE)
def test_code_is_shown_as_it_was_written(relay, browser, name):
    browser.open(relay.url)
    written, code = CODE[name]
    assert browser.run_module(SHOWN, written, "pre code")[0] == code


def test_code_spans_are_shown_as_they_were_written(relay, browser):
    browser.open(relay.url)
    for written, code in SPANS.items():
        assert browser.run_module(SHOWN, f"a {written} b", "code")[0] == code


def test_formulas_are_shown_as_they_were_written(relay, browser):
    browser.open(relay.url)
    for written in FORMULAS:
        _, lines, html = browser.run_module(SHOWN, written, "p")
        assert lines == written, html


def test_prices_and_signs_are_no_formulas(relay, browser):
    browser.open(relay.url)
    for written, html in PROSE.items():
        assert browser.run_module(SHOWN, written, "p")[2] == html


def test_formulas_and_tabs_in_pieces_become_what_they_become_whole(relay, browser):
    browser.open(relay.url)
    chance = random.Random(7)
    texts = [*FORMULAS, *PROSE, *(written for written, _ in CODE.values())]
    texts += [f"- a\n- b\n\n{formula}\n\nend *x*" for formula in FORMULAS]
    for text in texts:
        if "\r" in text:
            continue  # what arrives in pieces has no CR: EventSource makes LF of it
        cuts = [list(range(1, len(text)))]
        cuts += [sorted(chance.sample(range(1, len(text)), min(3, len(text) - 1)))
                 for _ in range(3)]
        for places in cuts:
            is_equal, whole, pieces = browser.run_module(FEED, text, places)
            assert is_equal, f"{text!r} cut at {places}:\n{whole}\n{pieces}"


def test_many_signs_of_formulas_stay_cheap_to_draw(relay, browser):
    browser.open(relay.url)
    slow = browser.run_module("""
        const samples = ['$a ', '$a$ ', '$$ ', '$$a ', '\\\\(a ', '\\\\[a\\n', '$$\\n', '$$a\\n',
            '\\\\[\\n', '$a ` ', '`$$ ', 'a $$\\n', '\\t', '\\\\', '$'];
        const slow = [];
        for (const piece of samples) {
            const root = document.createElement('div'), view = new md.MarkdownView(root);
            view.append(piece.repeat(2000) + 'x\\n\\ny');
            const start = performance.now();
            view.draw();
            view.draw(true);
            const time = performance.now() - start;
            if (time > 400) slow.push([piece, time]);
        }
        return slow;
    """)
    assert slow == []


def test_four_times_the_hostile_text_costs_about_four_times_the_work(relay, browser):
    browser.open(relay.url)
    # Quadratic cost would be 16 times as much. Each size's least time counts: other work of the machine
    # only adds to it.
    slow = browser.run_module(r"""
        const samples = {
            formulas: ['', '\\[ a\n', '\n\ny'], 'two kinds': ['', '\\[ a\n$$ b\n', '\n\ny'],
            'at the end': ['', 'a \\[\n', '\n\ny'], headings: ['', '\\[ a\n# b\n', '\n\ny'],
            'in a quote': ['', '> \\[ a\n', '\n\ny'],
            'in an item': ['- x\n', '  \\[ a\n', '\n\ny'],
            blanks: ['[a](', '   ', 'x'], 'after a target': ['[a](b', '   ', 'x'],
            tabs: ['[a](', '\t\t', 'x'], 'before a title': ['[a](b', '   ', '"c'],
            addresses: ['', 'https://]', ''], 'with a path': ['', 'https://a/b]', ''],
            targets: ['', '[a](', ''], titles: ['', '[a](b "c', ''], bracketed: ['', '<http://a', ''],
            stars: ['', '*a**b _c ', ''], tildes: ['', '~~a ', ''], dollars: ['', '$a ', ''],
            rows: ['', '|', ''], rule: ['a|b\n', '-|', 'x'], items: ['', '- a\n\n', 'x'],
        };
        const measure = (text) => {
            const view = new md.MarkdownView(document.createElement('div'));
            view.append(text);
            const start = performance.now();
            view.draw();
            view.draw(true);
            return performance.now() - start;
        };
        const slow = [];
        for (const [name, [first, piece, last]] of Object.entries(samples)) {
            const times = [Infinity, Infinity];
            const isSteep = () => times[1] > 100 && times[1] > 9 * times[0];
            for (let tries = 0; tries === 0 || (isSteep() && tries < 3); tries += 1) {
                [2000, 8000].forEach((count, size) => {
                    const text = first + piece.repeat(count) + last;
                    times[size] = Math.min(times[size], measure(text));
                });
            }
            if (isSteep()) slow.push([name, ...times]);
        }
        return slow;
    """)
    assert slow == []


def test_code_is_copied_with_its_tabs_live_and_restored(relay, browser):
    said = "```make\n\tall:\n\t\tcc\n```"
    browser.open(relay.url, model=f"simulator?say={quote(said)}&interval_ms=1")
    browser.ask()
    until_ended(browser)
    for is_restored in (False, True):
        if is_restored:
            browser.reload()
            until_ended(browser)
        browser.press("[data-action=copy-code]")
        until(lambda: browser.find("[data-action=copy-code]").text == "Copied")
        prompt = browser.find("#prompt")
        prompt.clear()
        prompt.send_keys(Keys.CONTROL, "v")
        assert prompt.get_attribute("value") == "\tall:\n\t\tcc"
        prompt.clear()
