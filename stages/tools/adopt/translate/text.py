"""A script's text as it was adopted, which the patch of it is made of."""

from pathlib import Path

from stages.lib.artifacts.adopted import MAX_SOURCE, ScriptText
from stages.tools.adopt.translate.captured import Content


def read_text(script: Path, content: Content) -> ScriptText:
    """The text of the file `script`, and what of its first fit the text does not say."""
    source = script.read_bytes()
    text: str | None = None
    if len(source) <= MAX_SOURCE:
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError:
            text = None
    path, here = script.resolve(), Path.cwd().resolve()
    inside = path.is_relative_to(here)
    return ScriptText(
        path=(path.relative_to(here) if inside else Path(path.name)).as_posix()[:1000],
        source=text,
        named=content.columns is not None,
        applied=content.applied,
    )
