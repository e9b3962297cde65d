"""Pages in a real browser: opened in silence, fitting their width, fit for a screen reader."""

import shutil
from pathlib import Path

import pytest

from stages.lib.core.json_files import read_json
from tests.conftest import lead

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
browser_needed = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: apt-get install chromium"
)
VIEWS = [(width, scheme) for width in (400, 1280, 1920) for scheme in ("light", "dark")]


def axe_source() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def opened(browser, file: Path, width: int, scheme: str):
    """The page, after it loaded without a word on the console and without asking for anything."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    said, asked, dialogs = [], [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    assert said == [] and dialogs == []
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    # Every picture is drawn.
    assert page.evaluate("[...document.images].every(one => one.naturalWidth > 100)")
    return page


def assert_fits(page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def assert_accessible(page) -> None:
    page.evaluate(axe_source())
    found = page.evaluate("axe.run()")
    serious = [
        (one["id"], one["nodes"][0]["target"], one["nodes"][0]["failureSummary"])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def assert_contents(page) -> None:
    """The list of contents leads to every section, in their order."""
    links = page.eval_on_selector_all("nav a", "all => all.map(one => one.getAttribute('href'))")
    headings = page.eval_on_selector_all("main h2", "all => all.map(one => '#' + one.id)")
    assert links == headings and len(set(links)) == len(links)


def columns_of_sections(page) -> int:
    """How many sections begin at different places from the left."""
    return page.evaluate(
        "new Set([...document.querySelectorAll('main section')]"
        ".map(one => Math.round(one.getBoundingClientRect().left))).size"
    )


def assert_sortable(page) -> None:
    """One table of the families is seen at a time: that of the order which was asked for."""
    orders = page.eval_on_selector_all("fieldset input", "all => all.map(one => one.id)")
    assert len(orders) == 4
    for order in orders:
        page.check(f"#{order}")
        seen = page.eval_on_selector_all(
            ".sorted .scroll",
            "all => all.filter(one => one.offsetHeight).map(one => one.className)",
        )
        assert seen == [f"scroll {order}"]
    names = page.eval_on_selector_all(
        ".by-family tbody th", "all => all.map(one => one.textContent)"
    )
    assert names == sorted(names) and names


def assert_printable(page) -> None:
    """On paper (A4 at 96 dots an inch, without margins of 1 cm) all is there and nothing is cut."""
    page.set_viewport_size({"width": 718, "height": 1000})
    page.emulate_media(media="print")
    assert_fits(page, 718)
    assert columns_of_sections(page) == 1
    assert not page.is_visible("nav")
    beyond = page.evaluate(
        "[...document.querySelectorAll('main table, main pre, main img')]"
        ".filter(one => one.offsetHeight && one.getBoundingClientRect().right > innerWidth)"
        ".map(one => one.outerHTML.slice(0, 80))"
    )
    assert beyond == []
    closed = page.evaluate(
        "[...document.querySelectorAll('details > *:not(summary)')]"
        ".filter(one => !one.checkVisibility({contentVisibilityAuto: true})).length"
    )
    assert closed == 0


def assert_true_to(page, folder: Path) -> None:
    """The waterfall's rows and the command are those of diagnosis.json."""
    diagnosis = read_json(folder / "reports/diagnosis.json")
    rows = page.eval_on_selector_all(
        "#ledger-table tbody tr", "rows => rows.map(row => [row.dataset.kind, row.dataset.amount])"
    )
    ledger = lead(diagnosis)["ledger"]
    assert [kind for kind, _ in rows] == [line["line"] for line in ledger]
    assert [float(amount) for _, amount in rows] == [line["amount"] for line in ledger]
    shown = page.query_selector("#command")
    given = lead(diagnosis)["prescription"]
    assert (shown and shown.text_content()) == (given and given["commands"][0])


def look(browser, folder: Path) -> None:
    for width, scheme in VIEWS:
        page = opened(browser, folder / "reports/index.html", width, scheme)
        assert_fits(page, width)
        assert_accessible(page)
        assert_true_to(page, folder)
        assert_contents(page)
        if page.query_selector("fieldset"):
            assert_sortable(page)
        assert columns_of_sections(page) == (1 if width < 1200 else 2)
        assert_printable(page)
        page.context.close()
