"""How numbers are written in the report: shares, differences, durations, dollars. What nobody knows says so.

percent({"value": 0.43, "ci95": [0.371, 0.49]})     -> "43.0 % [37.1, 49.0]"
points(0.043, [-0.002, 0.088])                      -> "+4.3 [-0.2, +8.8]"
duration(154.0), money(None), count(1200)           -> "2.6 min", "unknown", "1,200"
"""

from collections.abc import Mapping, Sequence
from typing import Any

UNKNOWN = "unknown"


def percent(row: Mapping[str, Any]) -> str:
    """Return a share with its interval, the value alone where it has none."""
    value = share(row["value"])
    if not row.get("ci95"):
        return value
    low, high = row["ci95"]
    return f"{value} [{100 * low:.1f}, {100 * high:.1f}]"


def share(value: float) -> str:
    """Return a fraction as "43.0 %"."""
    return f"{100 * value:.1f} %"


def points(value: float, bounds: Sequence[float]) -> str:
    """Return a difference and its interval in points of a hundred."""
    low, high = bounds
    return f"{100 * value:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def probability(p: float) -> str:
    """Return a p-value: three digits, or that it is below them."""
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def count(number: float | None) -> str:
    """Return a whole number with thousands separators."""
    return UNKNOWN if number is None else f"{number:,.0f}"


def duration(seconds: float | None) -> str:
    """Return seconds in the unit that reads best."""
    if seconds is None:
        return UNKNOWN
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def money(dollars: float | None) -> str:
    """Return dollars and cents."""
    return UNKNOWN if dollars is None else f"${dollars:,.2f}"


def told(counts: Mapping[str, int]) -> str:
    """Return "wrong 836, no_answer 1"."""
    return ", ".join(f"{name} {number:,}" for name, number in counts.items())
