#!/usr/bin/env python3
"""A report in a headless Chromium: its pictures, and for the tests what it does.

    tools/browser.py report.html shot.png [WIDTH]     the whole page, 1280 pixels wide or as many as said
    tools/browser.py report.html figure.svg [N]       figure N by itself, the first (0) or as many as said

Takes the Debian package chromium-headless-shell (or chromium) and nothing else: the browser is driven through the
pipes that --remote-debugging-pipe opens, one JSON message after the other, each ended by a 0.
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def find_program():
    for name in ("chromium-headless-shell", "chromium"):
        if shutil.which(name):
            return name
    return None


class Browser:
    """with Browser() as browser: browser.open(path, width); `complaints` holds errors of the pages so far, `requests` what
    they asked for."""

    def __enter__(self):
        self.complaints = []
        self.requests = []
        self.serial = 0
        self.profile = tempfile.mkdtemp(prefix="mqcast-browser-")
        to_browser, self.to = os.pipe()
        self.of, from_browser = os.pipe()
        # The browser reads from its descriptor 3 and writes to 4.
        words = [find_program(), "--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe",
                 f"--user-data-dir={self.profile}"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "sh", *words],
            pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.pipe = os.fdopen(self.of, "rb")
        self.rest = b""
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.pipe.close()
        os.close(self.to)
        shutil.rmtree(self.profile, ignore_errors=True)

    def message(self):
        while b"\0" not in self.rest:
            more = os.read(self.of, 1 << 16)
            if not more:
                raise RuntimeError("the browser has ended")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def note(self, message):
        method, facts = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = facts["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and facts["entry"]["level"] in ("error", "warning"):
            self.complaints.append(facts["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(facts["request"]["url"])
        elif method == "Runtime.consoleAPICalled" and facts["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(a.get("value", a.get("description"))) for a in facts["args"]))
        return method

    def call(self, method, **params):
        self.serial += 1
        message = {"id": self.serial, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.message()
            self.note(answer)
            if answer.get("id") == self.serial:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def open(self, path, width=1280, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        while self.note(self.message()) != "Page.loadEventFired":
            pass

    def ask(self, expression):
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def screenshot(self, path, clip=None):
        more = {"clip": dict(clip, scale=1)} if clip else {}
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, **more)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))


# An SVG that stands alone, on white paper: the style that its page gives it goes into each element.
SVG = """(() => {
    const svg = document.querySelectorAll("figure svg[role=img]")[%d];
    const copy = svg.cloneNode(true);
    const names = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-linejoin", "stroke-linecap", "font-size"];
    const from = svg.querySelectorAll("*"), to = copy.querySelectorAll("*");
    from.forEach((element, i) => {
        const style = getComputedStyle(element);
        for (const name of names) if (element.hasAttribute(name) || style.getPropertyValue(name) !== getComputedStyle(svg).getPropertyValue(name))
            to[i].setAttribute(name, style.getPropertyValue(name));
        to[i].removeAttribute("class");
    });
    copy.setAttribute("font-family", "sans-serif");
    const { width, height } = svg.viewBox.baseVal;
    copy.setAttribute("viewBox", `-12 -12 ${width + 24} ${height + 24}`);
    const paper = document.createElementNS(svg.namespaceURI, "rect");
    Object.entries({ x: -12, y: -12, width: width + 24, height: height + 24, fill: "#fff" }).forEach(([k, v]) => paper.setAttribute(k, v));
    copy.prepend(paper);
    return new XMLSerializer().serializeToString(copy);
})()"""


def main(arguments):
    if len(arguments) not in (2, 3) or arguments[0] in ("-h", "--help"):
        sys.exit(__doc__)
    if find_program() is None:
        sys.exit("error: no chromium-headless-shell or chromium\nhint: both are Debian packages")
    page, output = arguments[:2]
    number = int(arguments[2]) if len(arguments) == 3 else None
    with Browser() as browser:
        browser.open(page, number if number and output.endswith(".png") else 1280)
        if output.endswith(".svg"):
            pathlib.Path(output).write_text(browser.ask(SVG % (number or 0)) + "\n", encoding="utf-8")
        else:
            size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
            browser.screenshot(output, size)
        if browser.complaints:
            sys.exit("\n".join(browser.complaints))


if __name__ == "__main__":
    main(sys.argv[1:])
