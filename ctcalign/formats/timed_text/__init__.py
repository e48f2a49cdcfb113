"""Captions with times as players and services write them."""
