"""Scores that others can reproduce: ask, score with the project's own verifiers, report with intervals."""
