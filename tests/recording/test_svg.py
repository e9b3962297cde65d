"""The recording is one picture without script, whose screens come one after the other."""

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.diagnosis.schema import parse
from stages.lib.diagnosis.summary import summary
from tests.conftest import ROOT
from tests.recording.svg import Screen, animated
from tests.report.browsing import browser_needed

SCREENS = [Screen("first", ["one"]), Screen("second", ["a <b> & c", ""]), Screen("third", [])]
# What XML can hold.
LINE = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), max_size=20)


@given(st.lists(st.builds(Screen, LINE, st.lists(LINE, max_size=3)), min_size=1, max_size=4), LINE)
def test_every_line_is_text_of_the_picture(screens, title):
    picture = ElementTree.fromstring(animated(screens, title))  # noqa: S314 (our own)
    texts = [node.text for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    wanted = [
        line
        for one in screens
        for line in [f"$ {one.command}", *(text for text in one.lines if text)]
    ]
    assert texts == wanted
    assert not list(picture.iter("{http://www.w3.org/2000/svg}script"))


def test_the_committed_recording_begins_with_the_committed_ledger():
    file = ROOT / "reports/walk.svg"
    picture = ElementTree.parse(file)  # noqa: S314 (our own)
    texts = [node.text for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    content = json.loads((ROOT / "reports/diagnosis.json").read_text())
    lines = [line for line in summary(parse(content, "committed")).splitlines() if line]
    assert texts[: len(lines) + 1] == ["$ python -m stages show", *lines]
    assert file.stat().st_size < 200_000


def test_nothing_to_show_is_said():
    with pytest.raises(ValueError, match="no screen"):
        animated([], "empty")


@browser_needed
@pytest.mark.parametrize(("motion", "shown"), [("reduce", "third"), ("no-preference", "first")])
def test_a_browser_shows_one_screen_at_a_time(browser, tmp_path, motion, shown):
    file = tmp_path / "walk.svg"
    file.write_text(animated(SCREENS, "walk"))
    page = browser.new_page(reduced_motion=motion)
    page.goto(file.as_uri())
    seen = [
        page.locator(f"#s{number}").evaluate("node => getComputedStyle(node).opacity")
        for number in range(len(SCREENS))
    ]
    page.close()
    names = [screen.command for screen in SCREENS]
    assert [name for name, opacity in zip(names, seen, strict=True) if opacity == "1"] == [shown]


@browser_needed
def test_each_screen_has_its_turn(browser, tmp_path):
    file = tmp_path / "walk.svg"
    file.write_text(animated(SCREENS, "walk"))
    page = browser.new_page(reduced_motion="no-preference")
    page.goto(file.as_uri())
    at, turns = 0.0, []
    for screen in SCREENS:
        middle = 1000 * (at + screen.seconds / 2)
        at += screen.seconds
        turns.append(
            page.evaluate(
                """time => {
                    document.getAnimations().forEach(one => {
                        one.pause();
                        one.currentTime = time;
                    });
                    return [...document.querySelectorAll(".s")].findIndex(
                        node => getComputedStyle(node).opacity === "1");
                }""",
                middle,
            )
        )
    page.close()
    assert turns == [0, 1, 2]
