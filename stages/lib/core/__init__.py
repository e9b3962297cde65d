"""Files, params, edits and commits: what every stage builds on."""
