"""The sections of a run's page, a module each, called as the section is: what it says, and its tables.

    funnel.funnel(summary)     -> [Figure("<svg ...", "..."), Table("Every stage: ...", ...), ...]

Each takes summary.json and nothing else. A section that has nothing to tell says why, and which command would change that.
"""
