"""Mutation testing: small changes of the code, each run against the tests that should find it."""
