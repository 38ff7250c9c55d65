"""The report of a run, and of several beside each other: numbers out of a run's files, then sections, then two pages.

    reading/    the run's files as types          -> summary/    summary.json, a module a part
    summary/    numbers                           -> sections/   a module a section of the page, with its tables
    sections/   figures, tables, sentences        -> run_page, runs_page -> markdown, html_page (templates/)
    plots/      the figures as SVG; score_tables, wording, blocks: what sections and other commands share

Where a table of the page comes from: the section "Lengths" is sections/lengths.py, and its numbers are summary/lengths.py.
Nothing here asks a model or a hub. Rows are streamed once and counted; no text is held.
"""
