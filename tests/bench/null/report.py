"""The null study's Markdown."""

from collections import Counter
from dataclasses import replace

from scipy import stats

from tests.bench.markdown import markdown_table
from tests.bench.null.losses import FRESH_ROWS, PROGRAMS, SEEDS
from tests.bench.null.study import Cell, Counts

EXPLAINED = f"""Losses of real programs and of all their candidate edits at {len(SEEDS)} seeds, on
held-out rows ({FRESH_ROWS:,} where the law of the rows is known), shifted so that every candidate's
mean gain is exactly nothing. A replicate draws seeds, validation rows and as many test rows from
them (with replacement, so that each is independent of the others), and the search runs on these.
Intervals of rates are Clopper and Pearson's, 95 %.

Not in it: further divisions of a small table's rows (a replicate has one), and early stopping on
the validation rows by which edits are chosen (it watched other rows)."""


def rate(hits: int, of: int) -> tuple[float, float, float]:
    """hits / of, and the ends of its 95 % interval (Clopper, Pearson, Biometrika 26, 1934)."""
    low, high = stats.binomtest(hits, of).proportion_ci(method="exact")
    return hits / of, float(low), float(high)


def _shown(hits: int, of: int) -> str:
    if not of:
        return "–"
    share, low, high = rate(hits, of)
    return f"{share:.1%} ({low:.1%} to {high:.1%})"


def markdown(counts: dict[Cell, Counts], command: str) -> str:
    """All tables."""
    null = {cell: one for cell, one in counts.items() if not cell.gain}
    planted = {cell: one for cell, one in counts.items() if cell.gain}
    text = ["# Null study", f"`{command}`", EXPLAINED, "## No gain anywhere", _NULL, _false(null)]
    text += [_false_edits(null)]
    if planted:
        text += ["## One true gain", _PLANTED, _found(planted)]
    return "\n\n".join(block for block in text if block)


NULLS = ("nothing", "or less")
_NULL = """*Nothing*: every candidate's mean gain is exactly nothing, the least favourable case. *Or
less*: candidates that cost something keep that, and only what others gain is taken away."""


def _false(null: dict[Cell, Counts]) -> str:
    rows = []
    for cell, one in null.items():
        if not cell.harm:
            harm = null[replace(cell, harm=True)]
            rows.append((cell.program, f"{cell.rows:,}", cell.seeds, *_pair(one, harm)))
    for program in PROGRAMS:
        own = [(cell, one) for cell, one in null.items() if cell.program == program]
        if own:
            pair = (
                sum((one for cell, one in own if cell.harm == harm), Counts())
                for harm in (False, True)
            )
            rows.append((program, "all", "all", *_pair(*pair)))
    head = ("program", "rows", "seeds", "replicates", "false lines: nothing", "or less")
    return markdown_table(head, rows)


def _pair(nothing: Counts, harm: Counts) -> tuple:
    shares = (_shown(one.false, one.replicates) for one in (nothing, harm))
    return nothing.replicates, *shares


def _false_edits(null: dict[Cell, Counts]) -> str:
    edits: Counter = Counter()
    for cell, one in null.items():
        kind = NULLS[cell.harm]
        edits.update({(kind, cell.program, edit): lines for edit, lines in one.edits.items()})
    common = [(kind, program, f"`{edit}`", n) for (kind, program, edit), n in edits.most_common()]
    nothing, harm = ([row for row in common if row[0] == kind][:12] for kind in NULLS)
    return markdown_table(("null", "program", "edit of a false line", "lines"), nothing + harm)


_PLANTED = """In each replicate one candidate, drawn at random, has this true gain, in units of
`min_gain`; all others have none. *Found*: its edit is in the ledger. *Wrong*: some line names no
family of it. *Stated intervals*: lines whose 95 % interval holds their true gain, of all lines.
*Interval of the edit*: the same of the planted edit, on the rows and seeds on which it would be
judged, whether or not it became a line: without the choice, it should be 95 %. *Ruled out*: a
family of it is ruled out, although its gain exceeds `min_gain`. Edits that go beyond recommended
values become a line from 2 × `min_gain` on only."""


def _found(planted: dict[Cell, Counts]) -> str:
    rows = [
        (
            *(cell.program, f"{cell.rows:,}", cell.seeds, f"{cell.gain:g}", one.replicates),
            _shown(one.detected, one.replicates),
            _shown(one.wrong, one.replicates),
            f"{_shown(one.covered, one.lines)} of {one.lines}",
            _shown(one.unselected, one.replicates),
            _shown(one.ruled_out, one.replicates),
        )
        for cell, one in planted.items()
    ]
    head = ("program", "rows", "seeds", "gain", "replicates", "found", "wrong")
    return markdown_table((*head, "stated intervals", "interval of the edit", "ruled out"), rows)
