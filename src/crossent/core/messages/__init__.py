"""The words of every error and warning: one builder a message, grouped by what it is about."""
