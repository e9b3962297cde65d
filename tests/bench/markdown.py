"""Tables of the benches' reports."""


def markdown_table(head: tuple, rows: list[tuple]) -> str:
    """A Markdown table, or '' without rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
