"""summary.json, part by part: each module counts what one key holds, out of a run's files; none knows of pages.

one_run several_runs                         all of it: summarize(run), summarize_runs(runs)
headline                                     the first screen
scores                                       results, published, comparison
acceptance shares mixture lengths            the data
losses costs environment settings missing    training, what it took, where it was made, what was set, what was not run
public                                       paths are cut before anything is written
"""
