"""reports/diagnosis.json: its shape, and its words."""
