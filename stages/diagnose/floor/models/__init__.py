"""The reference models: functions that fit training rows with one target."""
