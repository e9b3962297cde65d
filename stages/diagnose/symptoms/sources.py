"""Where the thresholds of the symptoms come from. "Ours" in a row: no source gives a number for
this quantity; the text says what it was chosen by."""

AUTOTRAINER = (
    "AUTOTRAINER (Zhang, Zhai, Ma, Shen, ICSE 2021; the values are the defaults of its published "
    "code)"
)
DEEPDIAGNOSIS = (
    "DeepDiagnosis (Wardat, Cruz, Le, Rajan, ICSE 2022; the values are the defaults of its "
    "published code)"
)
CS231N = "CS231n (Karpathy and others, Stanford, the notes neural-networks-1 and neural-networks-3)"
RECIPE = "Recipe (Karpathy, A Recipe for Training Neural Networks, 2019)"
PRECHELT = (
    "Prechelt (Early Stopping, But When?, in Neural Networks: Tricks of the Trade, 1998; "
    "generalisation loss)"
)
GLOROT = "Glorot and Bengio, AISTATS 2010"
