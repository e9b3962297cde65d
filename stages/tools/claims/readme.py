"""Put the short form of reports/claims.json into this folder's README.

python -m stages.tools.claims.readme, after a run of the claims' pipeline.
"""

import re
from pathlib import Path
from typing import Any

from stages.lib.core.atomic import write_text
from stages.lib.core.command import no_arguments, run_command
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json
from stages.tools.claims.text import programs_text, short_form

FILE = Path("stages/tools/claims/README.md")


def filled(text: str, content: dict[str, Any]) -> str:
    """The README with what stands between its marks replaced.

    Raises:
        UserError: it has no such marks.
    """
    for mark, block in (("claims", short_form(content)), ("programs", programs_text(content))):
        found = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)", re.DOTALL)
        if not found.search(text):
            raise UserError(FILE, f"the marks <!-- {mark} --> and <!-- end of {mark} -->", "none")
        text = found.sub(lambda marks, block=block: f"{marks[1]}{block}\n{marks[2]}", text)  # type: ignore[misc]
    return text


def main() -> None:
    no_arguments("python -m stages.tools.claims.readme", __doc__ or "")
    content = read_json("reports/claims.json")
    write_text(FILE, filled(FILE.read_text(encoding="utf-8"), content))


if __name__ == "__main__":
    run_command(main)
