"""What params.yaml says, as the lines of a Keras script: a program before an edit and after it.

Keras' names and defaults are those of lib/vocabulary.
"""
