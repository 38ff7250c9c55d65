"""The report of a run, and of several beside each other: numbers out of a run's files, then tables, then two pages.

    records, rows                  files of a run as types; a broken one is one line that names it
    scores acceptance mixture lengths losses costs environment missing headline settings      parts of summary.json
    summary, runs                  the whole of it, of one run and of several
    blocks                         what a page is made of; *_tables and *_sections make it, plots draw
    run_page, runs_page            the pages; markdown and html_page write them out, templates/ hold the HTML and the style

Nothing here asks a model or a hub. Rows are streamed once and counted; no text is held.
"""
