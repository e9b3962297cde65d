"""Screens of a terminal, one after the other, as an SVG that needs no script (CSS animates it)."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# Of the picture, in its own units: a letter's advance and a line's height of 14 units of text.
ADVANCE, LINE, SIZE, MARGIN = 8.43, 20, 14, 18
# Seconds that a screen stays: some to see what it is, and some for each line.
LEAST_SECONDS, SECONDS_A_LINE = 2.0, 0.35
PROMPT = "$ "


@dataclass(frozen=True)
class Screen:
    """A command, and the lines that it left on the terminal."""

    command: str
    lines: Sequence[str]

    @property
    def seconds(self) -> float:
        """How long it is shown."""
        return LEAST_SECONDS + SECONDS_A_LINE * len(self.lines)


def animated(screens: Sequence[Screen], title: str) -> str:
    """The SVG, UTF-8. Who asks for less motion sees the last screen, and so does who prints it.

    Raises:
        ValueError: no screen.
    """
    if not screens:
        raise ValueError("no screen")
    columns = max(len(line) for one in screens for line in [PROMPT + one.command, *one.lines])
    rows = 1 + max(len(one.lines) for one in screens)
    width, height = round(2 * MARGIN + columns * ADVANCE), 2 * MARGIN + rows * LINE
    whole = sum(one.seconds for one in screens)
    rules, groups, at = [], [], 0.0
    for number, screen in enumerate(screens):
        first, last = (100 * second / whole for second in (at, at + screen.seconds))
        rules.append(_shown_between(number, first, last, whole))
        groups.append(f'<g class="s" id="s{number}">{_screen(screen)}</g>')
        at += screen.seconds
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title><style>'
        f"text{{font:{SIZE}px ui-monospace,Menlo,Consolas,monospace;fill:#d4d4d4;"
        "white-space:pre}.c{fill:#7ee787}.s{opacity:0}"
        f"#s{len(screens) - 1}{{opacity:1}}"
        "@media (prefers-reduced-motion:no-preference){@media screen{"
        + "".join(rules)
        + f'}}}}</style><rect width="{width}" height="{height}" rx="8" fill="#1e1e1e"/>'
        + "".join(groups)
        + "</svg>\n"
    )


def _shown_between(number: int, first: float, last: float, whole: float) -> str:
    """The rule by which a screen is there from one share of the whole time to another, percent."""
    before = "" if first == 0 else f"0%,{first - 0.01:.2f}%{{opacity:0}}"
    after = "" if last > 99.9 else f"{last:.2f}%,100%{{opacity:0}}"
    until = "100" if last > 99.9 else f"{last - 0.01:.2f}"
    return (
        f"@keyframes k{number}{{{before}{first:.2f}%,{until}%{{opacity:1}}{after}}}"
        f"#s{number}{{animation:k{number} {whole:.2f}s infinite step-end}}"
    )


def _screen(screen: Screen) -> str:
    texts = [_text(0, PROMPT + screen.command, "c")]
    texts += [_text(row, line, "") for row, line in enumerate(screen.lines, 1) if line]
    return "".join(texts)


def _text(row: int, line: str, style: str) -> str:
    marked = f' class="{style}"' if style else ""
    baseline = MARGIN + row * LINE + SIZE
    return f'<text x="{MARGIN}" y="{baseline}"{marked} xml:space="preserve">{escape(line)}</text>'
