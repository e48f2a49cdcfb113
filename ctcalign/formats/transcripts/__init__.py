"""Transcripts: plain text, tables, and the output of recognisers."""
