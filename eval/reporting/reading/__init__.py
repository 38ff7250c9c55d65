"""What reads a run: its small files as types (`records.py`), and rows of its data, one at a time (`rows.py`).

    records.manifest(Run(Path("runs/quickstart"))).stages["generate"].usage.completion_tokens     -> 27705

A broken file is one line that names it and says what to do.
"""
