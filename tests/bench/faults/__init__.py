"""Seeded faults: does the diagnosis find what was broken, and does its cure hold on new rows?"""
