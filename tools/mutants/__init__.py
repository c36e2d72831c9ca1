"""Mutation testing of the package: small changes, and the tests that should see them."""
