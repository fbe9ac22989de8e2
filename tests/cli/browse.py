"""What a report does in a real browser; tests/cli/test_report.sh makes the pages.

    browse.py ONE.html TWO.html LARGE.html ITEM HOSTILE_ID...

One run with hostile names, two runs, and a page of a catalogue larger than a page holds, to which `--items` has added
ITEM. With MQ_SCREENSHOTS=FOLDER the pages are left there as pictures to look at.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["MQ_SOURCE_DIR"], "tools"))
from browser import Browser  # noqa: E402

failures = []
checks = 0


def expect(is_true, what):
    global checks
    checks += 1
    if not is_true:
        failures.append(what)
        print("FAILED:", what)


# Of each figure: its caption, its marks that can be seen, and what of its text is cut off or one over the other.
FIGURES = """Array.from(document.querySelectorAll("figure"), (figure) => {
    const svg = figure.querySelector("svg[role=img]");
    const caption = figure.textContent.trim();
    if (svg === null) return { caption, marks: 0, cut: [], over: [] };
    const frame = svg.getBoundingClientRect();
    const texts = Array.from(svg.querySelectorAll("text"), (text) => [text.textContent, text.getBoundingClientRect(), getComputedStyle(text).fontSize]);
    const cut = texts.filter(([, box, size]) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 ||
        box.bottom > frame.bottom + 1 || size !== "12px").map(([text]) => text);
    const over = texts.filter(([, a], i) => texts.some(([, b], j) => j > i && a.left < b.right - 1 && b.left < a.right - 1 &&
        a.top < b.bottom - 4 && b.top < a.bottom - 4)).map(([text]) => text);
    const marks = Array.from(svg.querySelectorAll(".mark")).filter((mark) => {
        const box = mark.getBBox();
        return Number.isFinite(box.x) && Number.isFinite(box.y) && box.width + box.height > 0;
    });
    return { caption, marks: marks.length, cut, over, label: svg.getAttribute("aria-label"),
        scale: frame.width / svg.viewBox.baseVal.width };
})"""

TYPE = """(() => {
    const search = document.getElementById("search");
    search.value = %s;
    search.dispatchEvent(new Event("input"));
    search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
})()"""


def check_figures(browser, page, width, least):
    figures = browser.ask(FIGURES)
    expect(len(figures) >= least, f"{page}, {width}: {len(figures)} figures, at least {least} wanted")
    for figure in figures:
        name = f"{page}, {width}, {figure['caption'][:60]}"
        expect(figure["marks"] > 0, f"{name}: nothing is drawn")
        expect(figure["marks"] == 0 or figure["label"], f"{name}: no label for who cannot see it")
        expect(figure["cut"] == [], f"{name}: cut off or not 12 px: {figure['cut'][:4]}")
        expect(figure["over"] == [], f"{name}: one over the other: {figure['over'][:4]}")
        expect(abs(figure.get("scale", 1) - 1) < 0.02, f"{name}: drawn for another width: {figure.get('scale')}")


def check_page(browser, page, width, least):
    browser.open(page, width)
    name = os.path.basename(page)
    check_figures(browser, name, width, least)
    wide = browser.ask("document.documentElement.scrollWidth")
    expect(wide == width, f"{name}: {wide} pixels wide in a window of {width}")
    expect(browser.ask("document.title") != "taken" and browser.ask("typeof taken") == "undefined", f"{name}: a name ran as a script")
    expect(browser.ask("document.querySelectorAll('img, iframe, main script').length") == 0, f"{name}: a name became markup")
    if "MQ_SCREENSHOTS" in os.environ:
        size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
        browser.screenshot(os.path.join(os.environ["MQ_SCREENSHOTS"], f"{name}-{width}.png"), size)


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\u2028", "\\u2028") + "'"


# A product typed in is drawn under its own name.
def check_search(browser, words, found):
    browser.ask(TYPE % quoted(words))
    captions = browser.ask("Array.from(document.querySelectorAll('#found figcaption'), (c) => c.firstChild.textContent)")
    marks = browser.ask("document.querySelectorAll('#found .mark').length")
    expect(captions[:1] == [found] and marks > 0, f"search for {words!r}: {captions}, {marks} marks, want {found!r}")


# The page's own rule holds: a script that was not there when it was written does not run.
def check_policy(browser):
    before = len(browser.complaints)
    browser.ask("""(() => {
        const script = document.createElement("script");
        script.textContent = "var taken = 1";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", '<p onclick="taken = 1" id="clicked">');
        document.getElementById("clicked").click();
    })()""")
    expect(browser.ask("typeof taken") == "undefined", "a script of others runs")
    browser.call("Runtime.evaluate", expression="0")
    expect(len(browser.complaints) > before, "the browser does not say that it refused a script")
    del browser.complaints[before:]


def check_without_scripts(browser, page):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page)
    root = browser.call("DOM.getDocument", depth=0)["root"]["nodeId"]
    tables = browser.call("DOM.querySelectorAll", nodeId=root, selector="table")["nodeIds"]
    note = browser.call("DOM.querySelector", nodeId=root, selector="noscript p")["nodeId"]
    expect(len(tables) >= 9 and note != 0, f"without scripts: {len(tables)} tables, note {note}")
    browser.call("Emulation.setScriptExecutionDisabled", value=False)


# What an order needs: costs with their intervals, and how far to order each product up.
def check_orders(browser, page):
    browser.open(page)
    policies = browser.ask("Array.from(document.querySelectorAll('figure'), (f) => f.querySelectorAll('.interval').length)")
    expect([n for n in policies if n > 0] == [5], f"{page}: intervals of costs: {policies}, of 5 policies wanted")
    facts = browser.ask("Array.from(document.querySelectorAll('#products figcaption'), (c) => c.textContent)")
    expect(facts != [] and all("order up to" in f and "(lead 2, review 1)" in f for f in facts), f"{page}: {facts[:2]}")


def main():
    one, two, large, added, *hostile = sys.argv[1:]
    with Browser() as browser:
        for width in (1280, 390):
            check_page(browser, two, width, 29)
            check_page(browser, one, width, 24)
        check_search(browser, "it-07", "it-07")
        for item in hostile:
            check_search(browser, item, item)
        browser.ask(TYPE % "'no such product'")
        status = browser.ask("document.querySelector('[role=status]').textContent")
        expect(status.startswith("None of the") and "--items" in status, f"search for what is not there: {status!r}")
        # Turned to the side, figures are drawn anew.
        browser.call("Emulation.setDeviceMetricsOverride", width=800, height=390, deviceScaleFactor=1, mobile=False)
        browser.ask("new Promise((done) => setTimeout(done, 100))")
        check_figures(browser, "resized", 800, 25)
        check_policy(browser)
        check_orders(browser, one)
        check_page(browser, large, 390, 21)
        check_search(browser, added, added)
        check_without_scripts(browser, one)
        expect(browser.complaints == [], f"the console says {browser.complaints[:3]}")
        expect(all(url.startswith("file:") for url in browser.requests), f"it asks for {browser.requests}")
    print(f"{checks} checks in a browser, {len(failures)} failures")
    sys.exit(len(failures) > 0)


main()
