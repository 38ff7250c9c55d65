"""The plots of a report, all of them: each is an SVG for the page, or "" where there is nothing to draw.

    from eval.reporting.plots import funnel_plot
    funnel_plot(summary["funnel"])        -> '<svg xmlns="..." id="funnel-1f0c9a2b3d" class="plot" role="img" ...'

    points bars lengths losses     what is drawn
    layers text                    what drawings are made of
    figure svg                     how a drawing becomes an SVG, and why with Vega-Lite

An SVG is whole in itself: no script, no font, no image, no address; names out of a run are text in it, whatever they hold.
"""

from eval.reporting.plots.bars import cost_plot, funnel_plot
from eval.reporting.plots.lengths import length_plot
from eval.reporting.plots.losses import loss_plot
from eval.reporting.plots.points import acceptance_plot, score_plot

__all__ = ["acceptance_plot", "cost_plot", "funnel_plot", "length_plot", "loss_plot", "score_plot"]
