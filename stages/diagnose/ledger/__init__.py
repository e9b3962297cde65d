"""Which edits lower the held-out loss, line by line, until what is left is accounted for.

Three kinds of evidence are kept apart, so that luck cannot be counted twice: edits are *chosen* on
the validation rows at the screening seeds, and *judged* on the test rows at fresh seeds.

    lines.py    what a ledger holds, and the protocol by which it is made
    bench.py    edits trained beside each other, and the gains that are judged
    search.py   1. every single edit, and all recommended settings at once, beside the program; the
                   best is taken over if it holds up; again on the edited program
    pruning.py  2. every key that is not needed goes back to what it was
    account.py  3. the remaining keys, one family at a time, in the order of what they bring
    equals.py      edits of other families that would do in a line's place
    screen.py   4. what more each family's edits would gain: what is ruled out
    build.py    the four in their order
"""
