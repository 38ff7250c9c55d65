"""The traces of a run as a page to look at: filters, search, one trace typeset, the samples of a problem side by side.

    write(Run(Path("runs/quickstart")), Path("runs/quickstart/report/traces"))     -> {"traces": 1200, "of": 1200}

The page opens from disk and can be published as it is: index.html, styles, scripts, and the traces in data/.
"""

from eval.viewer.page import write

__all__ = ["write"]
