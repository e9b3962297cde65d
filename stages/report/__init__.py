"""The diagnosis as one page to look at: reports/index.html, and a screenful of Markdown."""
