"""The common advice, claim by claim: a file for each thing that the advice is about.

What a claim says is taken apart, and each part is borne out, or not, by its conditions: in each,
two programs that differ by what the claim is about are trained on the same replicates (data,
initial draws, row orders), and the claim says which of them comes off worse. A new claim is one
entry of CLAIMS in the file of its subject.
"""
