"""Tests of the documentation: what its pages show is what their code prints."""
