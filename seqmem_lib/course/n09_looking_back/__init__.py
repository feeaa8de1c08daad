"""Notebook 09: what if the decoder may look back, and nothing is carried along?"""
