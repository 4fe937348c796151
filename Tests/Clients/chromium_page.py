"""A page in a real browser, as a user sees it, and what can go wrong with its connection.

It is Debian's chromium, headless; CHROMIUM and CHROMEDRIVER name others than those on the PATH.
"""

import os
import re
import shutil
import socket
import struct
import threading
import time
from urllib.parse import quote, urlencode, urlsplit

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
CHROMEDRIVER = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
ANSWERS = "[data-role=assistant]"
LAST_ANSWER = f"[...document.querySelectorAll('{ANSWERS}')].at(-1)"

# Texts below WCAG's 4.5:1 against the nearest painted background, as [text, ratio].
CONTRAST = """
    const parse = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (node) => {
        for (let at = node; at; at = at.parentElement) {
            const color = parse(getComputedStyle(at).backgroundColor);
            if (color.length < 4 || color[3] > 0) return color;
        }
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const poor = [];
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
        const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) poor.push([walker.currentNode.data, ratio]);
    }
    return poor;
"""


def start_chromium(*more):
    """A browser with a profile of its own, as on a device of its own; `more` are its arguments."""
    assert CHROMIUM and CHROMEDRIVER, "install chromium and chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    arguments = "--headless=new --disable-dev-shm-usage --disable-gpu --no-proxy-server"
    for argument in (*arguments.split(), *more):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # chromium refuses to run as root with it
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
    driver.set_script_timeout(60)
    return driver


@pytest.fixture(scope="module")
def chromium():
    """One browser for all tests of a file; starting one takes longer than most of them."""
    driver = start_chromium()
    yield driver
    driver.quit()


class Page:
    """The page as a user sees it: what can be seen, pressed and typed."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, url, **query):
        self.driver.get(f"{url}/?{urlencode(query, quote_via=quote)}")
        self.console()  # what an earlier page said
        return self

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def type(self, *keys):
        """Types where the focus is, as a keyboard does."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def press(self, selector):
        self.find(selector).click()

    def ask(self, text="hello"):
        self.find("#prompt").send_keys(text, Keys.ENTER)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def run_module(self, script, *arguments):
        """Runs `script` with the renderer's exports as `md`, and returns its result."""
        body = """
            const [path, ...values] = [...arguments].slice(0, -1), done = [...arguments].at(-1);
            const work = async (md, given) => { %s };
            import(path).then((md) => work(md, values)).then(done, (error) => done(String(error)));
        """
        return self.driver.execute_async_script(body % script, "/markdown.js", *arguments)

    def media(self, **features):
        values = [{"name": name.replace("_", "-"), "value": features[name]} for name in features]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": values})

    def size(self, width, height, mobile=False):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile,
        })

    def touch(self, is_touch=True):
        """Makes the screen a touch screen, which has the keyboard on it."""
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": is_touch})

    def focused(self):
        """What has the focus: its id, action, title or label."""
        return self.run("""
            const {activeElement: node} = document;
            return node.id || node.dataset.action || node.title
                || node.getAttribute('aria-label') || node.localName;
        """)

    def source(self):
        """The last answer as the model wrote it; "" when there is none."""
        return self.run(f"return {LAST_ANSWER}?.view.source ?? ''")

    def shown(self):
        """The last answer's text as it is on the screen; "" when there is none."""
        bodies = self.all(f"{ANSWERS} .body")
        return bodies[-1].text if bodies else ""

    def status(self):
        answers = self.all(ANSWERS)
        return answers[-1].get_attribute("data-status") if answers else None

    def notes(self):
        """The words under the last answer."""
        return self.run(f"return {LAST_ANSWER}?.querySelector('.note')?.innerText ?? ''")

    def connection(self):
        return self.find("#connection").text

    def reload(self):
        self.driver.refresh()

    def offline(self, is_offline):
        """Throws the browser's own network switch: nothing new connects, old connections stay."""
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
            "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        })

    def questions(self):
        return [node.text for node in self.all("[data-role=user]")]

    def titles(self):
        """The list of conversations, as it is now."""
        return self.run("return [...document.querySelectorAll('#side .title')]"
                        ".map((node) => node.textContent)")

    def choose(self, title):
        """Follows the link of a conversation in the list."""
        self.run("[...document.querySelectorAll('#side a')]"
                 ".find((node) => node.title === arguments[0]).click()", title)

    def console(self):
        """Errors and warnings since the last call: failed loads, exceptions, CSP violations."""
        return [line["message"] for line in self.driver.get_log("browser")
                if line["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """Every URL that was requested since the last call."""
        found = re.findall(
            r'"method":"Network\.requestWillBeSent".*?"request":\{.*?"url":"([^"]+)"',
            "\n".join(line["message"] for line in self.driver.get_log("performance")),
        )
        return [url for url in found if not url.startswith("data:")]


@pytest.fixture
def browser(chromium):
    """A page in a tab of its own, light, at the size of a small laptop."""
    first = chromium.current_window_handle
    chromium.switch_to.new_window("tab")
    page = Page(chromium)
    page.size(1100, 800)
    page.media(prefers_color_scheme="light")
    yield page
    for handle in chromium.window_handles:
        if handle != first:
            chromium.switch_to.window(handle)
            chromium.close()
    chromium.switch_to.window(first)


@pytest.fixture(scope="module")
def other_chromium():
    """A second browser, which shares nothing with the first."""
    driver = start_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def phone(other_chromium):
    """A page on another device, of a phone's size."""
    other_chromium.get("about:blank")
    page = Page(other_chromium)
    page.size(375, 667, mobile=True)
    page.media(prefers_color_scheme="light")
    return page


class Tabs:
    """Two tabs of one browser; commands go to the one that was chosen last."""

    def __init__(self, page):
        self.driver = page.driver
        self.first = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        self.second = self.driver.current_window_handle
        page.size(1100, 800)

    def to(self, handle):
        self.driver.switch_to.window(handle)


def until(check, timeout=60, what="what was waited for"):
    """The first true value of `check`, which is called again and again."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            value = check()
        except StaleElementReferenceException:
            value = None
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not happen within {timeout} s"
        time.sleep(0.02)


def until_ended(page, status="complete"):
    until(lambda: page.status() not in (None, "streaming"), what="the end of the answer")
    assert page.status() == status, page.notes()


class CuttingProxy:
    """Is between browser and relay, and cuts connections, politely (FIN) or not (RST).

    The heads of requests get the relay's own authority: to it, the proxy is not there.
    """

    def __init__(self, url):
        self.target = urlsplit(url)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()
        self.pairs = []
        self.stalled = set()
        self.busy_at = {}  # when a connection to the relay last brought something
        self.is_blocked = False
        self.refused = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if self.is_blocked:
                    self.refused += 1
                    self.reset(client)
                    continue
                try:
                    relay = socket.create_connection((self.target.hostname, self.target.port))
                except OSError:
                    self.reset(client)
                    continue
                self.pairs.append((client, relay))
            replaced = (urlsplit(self.url).netloc.encode(), self.target.netloc.encode())
            for pair in ((client, relay, replaced), (relay, client, (b"", b""))):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source, sink, replaced):
        try:
            while data := source.recv(65536):
                self.busy_at[source] = time.monotonic()
                if source in self.stalled or sink in self.stalled:
                    continue
                sink.sendall(data.replace(*replaced) if replaced[0] else data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @staticmethod
    def reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def cut(self, abruptly):
        """Ends every connection that is open now; returns how many there were."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for client, relay in pairs:
            for end in (client, relay):
                try:
                    if abruptly and end is client:
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        end.shutdown(socket.SHUT_RD)
                        end.close()
                    else:
                        end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        return len(pairs)

    def stall(self):
        """Lets every connection with a stream go dead without closing it.

        Idle ones are closed: a browser gives those up by itself when it wakes.
        """
        recently = time.monotonic() - 0.5
        with self.lock:
            busy = [pair for pair in self.pairs if self.busy_at.get(pair[1], 0) > recently]
            self.stalled |= {end for pair in busy for end in pair}
            self.pairs = [pair for pair in self.pairs if pair not in busy]
        self.cut(abruptly=False)
        return len(busy)

    def close(self):
        self.cut(abruptly=False)
        self.listener.close()


@pytest.fixture
def proxy(relay):
    proxy = CuttingProxy(relay.url)
    yield proxy
    proxy.close()
