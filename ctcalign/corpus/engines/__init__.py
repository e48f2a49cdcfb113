"""Engines: one protocol, with processes of this machine or actors of Ray."""
