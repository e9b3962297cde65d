"""Promises: is the loss after the prescription where the diagnosis expects it?"""
