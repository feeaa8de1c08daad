"""Notebook 10: can it forecast?"""
