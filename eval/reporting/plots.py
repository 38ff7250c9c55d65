"""The plots of a run report, all of them: each is an SVG for the page, or "" where there is nothing to draw.

    from eval.reporting import plots
    plots.funnel_plot(summary["funnel"])        -> '<svg xmlns="..." id="funnel-1f0c9a2b3d" class="plot" role="img" ...'

An SVG is whole in itself: no script, no font, no image, no address; names out of a run are text in it, whatever they hold.
Points are in plots_points.py, bars in plots_bars.py, the others in plots_lengths.py and plots_losses.py; how a plot becomes
an SVG, and why with Vega-Lite, is in plots_figure.py.
"""

from eval.reporting.plots_bars import cost_plot, funnel_plot
from eval.reporting.plots_lengths import length_plot
from eval.reporting.plots_losses import loss_plot
from eval.reporting.plots_points import acceptance_plot, score_plot

__all__ = ["acceptance_plot", "cost_plot", "funnel_plot", "length_plot", "loss_plot", "score_plot"]
