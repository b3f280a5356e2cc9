#!/usr/bin/env python3
"""Opens a report in headless Chromium as readers do, and photographs it.

    tests/report/open_page.py report.html FOLDER        (needs chromium and the package websocket-client)

In a wide window in light and in dark colours and on a phone: no message on the console, no request to the network,
nothing wider than the window, no chart left blank. The keyboard alone reaches every button and chart, reads a chart's
points, switches a run off and moves the epoch. FOLDER gets a PNG of each window.
"""

import base64
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

WINDOWS = {"light": (1280, 900, False), "dark": (1280, 900, True), "phone": (390, 844, False)}
BLANK_CHARTS = """[...document.querySelectorAll("canvas")].filter(canvas => {
  if (!canvas.checkVisibility()) return false;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return !pixels.some(value => value !== 0);
}).length"""


class Browser:
    def __init__(self):
        self.profile = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=9377",
             "--remote-allow-origins=*", f"--user-data-dir={self.profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                pages = json.load(urllib.request.urlopen("http://127.0.0.1:9377/json"))
                break
            except OSError:
                time.sleep(0.1)
        address = next(page for page in pages if page["type"] == "page")["webSocketDebuggerUrl"]
        self.socket = websocket.create_connection(address, max_size=None, timeout=60)
        self.number, self.events = 0, []

    def call(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode={"Tab": 9, "Enter": 13, "ArrowRight": 39, "ArrowLeft": 37}[key],
                      text="\r" if key == "Enter" and kind == "keyDown" else "")

    def open(self, page, width, height, is_dark):
        self.events.clear()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setScrollbarsHidden", hidden=True)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme",
                                                           "value": "dark" if is_dark else "light"}])
        self.call("Page.navigate", url=page.resolve().as_uri())
        time.sleep(2)
        full = self.evaluate("document.documentElement.scrollHeight")
        for top in range(0, full, height):  # charts are drawn when they come into view
            self.evaluate(f"scrollTo({{top: {top}, behavior: 'instant'}})")
            time.sleep(0.15)
        self.evaluate("scrollTo({top: 0, behavior: 'instant'})")

    def photograph(self, file, width):
        full = self.evaluate("document.documentElement.scrollHeight")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=full, deviceScaleFactor=1,
                  mobile=width < 600)
        time.sleep(3)
        blank = self.evaluate(BLANK_CHARTS)
        assert blank == 0, f"{blank} charts are blank"
        shot = self.call("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(shot["data"]))

    def requests(self):
        urls = [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith(("file:", "data:"))]

    def messages(self):
        return [event["params"] for event in self.events
                if event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")]

    def close(self):
        self.process.terminate()
        self.process.wait()


def walk_with_keyboard(browser):
    """Tab from one thing to the next; returns what was reached, by tag."""
    reached = {}
    browser.evaluate("document.activeElement.blur()")
    for _ in range(2000):
        browser.press("Tab")
        tag = browser.evaluate("document.activeElement.tagName")
        if tag == "BODY":
            break
        reached[tag] = reached.get(tag, 0) + 1
    return reached


def check_keyboard(browser):
    reached = walk_with_keyboard(browser)
    for tag, selector in (("CANVAS", "canvas"), ("BUTTON", "button"), ("INPUT", "input")):
        there = browser.evaluate(f"[...document.querySelectorAll('{selector}')].filter(e => e.checkVisibility()).length")
        assert reached.get(tag, 0) == there, f"{tag}: {reached.get(tag, 0)} of {there} reached"

    browser.evaluate("document.querySelector('canvas').focus()")
    time.sleep(0.3)
    browser.press("ArrowLeft")
    assert browser.evaluate("document.getElementById('spoken').textContent").startswith("epoch"), "nothing was spoken"
    if browser.evaluate("document.querySelector('#margins').hidden") is False:
        browser.evaluate("document.getElementById('epoch').focus()")
        browser.press("ArrowLeft")
        slider = browser.evaluate("document.getElementById('epoch').max - document.getElementById('epoch').value")
        assert slider == 1, "the arrow key did not move the epoch"
    if browser.evaluate("document.querySelectorAll('.chip').length"):
        browser.evaluate("document.querySelector('.chip').focus()")
        before = browser.evaluate("document.querySelectorAll('.card:not([hidden])').length")
        browser.press("Enter")
        after = browser.evaluate("document.querySelectorAll('.card:not([hidden])').length")
        assert browser.evaluate("document.querySelector('.chip').ariaPressed") == "false", "the chip stayed on"
        assert after <= before, "a run that is off still has its cards"
    return reached


def main():
    page, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    browser = Browser()
    try:
        for name, (width, height, is_dark) in WINDOWS.items():
            browser.open(page, width, height, is_dark)
            assert not browser.messages(), browser.messages()
            assert not browser.requests(), browser.requests()
            overflow = browser.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{name}: {overflow} pixels wider than the window"
            theme = browser.evaluate("document.documentElement.dataset.theme")
            assert theme == ("dark" if is_dark else "light"), theme
            if name == "light":
                print("the keyboard reached", check_keyboard(browser))
                browser.open(page, width, height, is_dark)
            browser.photograph(folder / f"{name}.png", width)
            print(f"{name}: {browser.evaluate('document.querySelectorAll(`canvas`).length')} charts, no message, no request")
    finally:
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
