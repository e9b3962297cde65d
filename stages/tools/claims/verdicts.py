"""From effects on data sets to the verdict on a part of a claim."""

from collections.abc import Mapping, Sequence

from scipy import stats

HOLDS = "mostly holds"
MIXED = "mixed"
REVERSED = "mostly the reverse"
NO_EFFECT = "no effect that matters"
NOT_SHOWN = "not shown"
VERDICTS = (HOLDS, MIXED, REVERSED, NO_EFFECT, NOT_SHOWN)

# Of what is called shown in the whole report, at most this share is expected to be false.
FALSE_DISCOVERIES = 0.05
# What one data set says, as it is counted in the report.
OUTCOMES = YES, NO, BACK, OPEN = "yes", "no", "reversed", "open"


def outcome(mean: float, error: float, freedom: float, margin: float) -> str:
    """What one data set says, from its effect and the 95 % interval (Student's t).

    yes: the whole interval lies above the smallest effect that matters, `margin`. reversed: below
    its negative. no: between the two. open: else.
    """
    half = float(stats.t.ppf(0.975, freedom)) * error
    if mean - half > margin:
        return YES
    if mean + half < -margin:
        return BACK
    return NO if abs(mean) + half < margin else OPEN


def verdict(
    region: str,
    q_region: float,
    q_alike: float,
    effects: Sequence[float],
    outcomes: Sequence[str],
    margin: float,
) -> str:
    """The verdict on a part of a claim.

    Args:
        region: of the mean effect, as `Pooled.p_region` names it.
        q_region, q_alike: adjusted p-values of that, and of "all data sets are alike".
        effects, outcomes: of each data set.
        margin: the smallest effect that matters.

    Returns:
        mostly holds: the mean effect is shown to be above the margin, and so are the effects on
        more than half of the data sets. mostly the reverse: the same on the other side. mixed: it
        is shown that data sets differ, and some say one thing and some another (open ones say
        nothing). no
        effect that matters: the mean effect is shown to lie within the margin. not shown: else.
    """
    shown = region if q_region <= FALSE_DISCOVERIES else ""
    half = len(effects) / 2
    if shown == "above" and sum(effect > margin for effect in effects) > half:
        return HOLDS
    if shown == "below" and sum(effect < -margin for effect in effects) > half:
        return REVERSED
    camps = {said for said in outcomes if said != OPEN}
    if q_alike <= FALSE_DISCOVERIES and len(camps) > 1:
        return MIXED
    return NO_EFFECT if shown == "within" else NOT_SHOWN


def advice(
    verdict_of_first: str,
    outcomes: Mapping[str, int],
    first: str,
    second: str,
    own: Mapping[str, str],
) -> str:
    """What to do, in a sentence.

    Args:
        verdict_of_first: of the part that decides.
        outcomes: on how many data sets it has which.
        first, second: its programs, of which the claim says that the first loses.
        own: the claim's own sentences, by verdict.
    """
    usual = {
        HOLDS: f"Prefer {second} to {first}.",
        REVERSED: f"Prefer {first} to {second}, against the advice.",
        NO_EFFECT: f"Do not bother: {first} and {second} come to the same.",
        MIXED: _mixed(outcomes, first, second),
        NOT_SHOWN: f"Not decided here: {first} or {second}.",
    }
    return own.get(verdict_of_first, usual[verdict_of_first])


def _mixed(outcomes: Mapping[str, int], first: str, second: str) -> str:
    """What to do where data sets differ: to try both only where each is shown to be better on
    some."""
    if outcomes[YES] and outcomes[BACK]:
        return f"Try both {first} and {second}: it depends on the data."
    better = second if outcomes[YES] else first
    return f"Prefer {better}: better on some data, nowhere shown to be worse."
