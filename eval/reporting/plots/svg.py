"""What Vega draws, cut down to what is seen: an SVG's elements without roles, hidden labels and repeated colours.

    drawing(canvas(720, 90, [...]), titled=True)     -> Drawing(720, 90, '<g transform="translate(10,4)">...</g>')

The group of a layer is named by the layer (`class="plot-point"`); what all its marks share stands there once. The words of a
mark, which Vega writes for readers of a screen, become its `<title>`: those readers are told the whole plot in its
description, while a pointer that rests on a mark shows its title.
"""

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import vl_convert

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
_LONG_DECIMAL = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_LAYER = re.compile(r"\b[a-z]+(?=_\d+_marks$)")
_GEOMETRY = ("transform", "d", "x2", "y2")
_LOOK = ("fill", "stroke", "stroke-width", "stroke-dasharray", "text-anchor", "font-size", "font-weight")
_DEFAULTS = {("font-weight", "normal"), ("text-anchor", "start")}


@dataclass(frozen=True)
class Drawing:
    """Width and height in pixels, and the elements."""

    width: int
    height: int
    elements: str


def drawing(spec: dict[str, Any], titled: bool) -> Drawing:
    """Return a Vega-Lite specification drawn; `titled`: marks have titles."""
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec).replace(_NAMESPACE, "", 1))
    for part in root:
        _strip(part, titled)
    return Drawing(round(float(root.get("width", 0))), round(float(root.get("height", 0))), "".join(map(text_of, root)))


def text_of(element: ElementTree.Element) -> str:
    """Return an element as text."""
    return ElementTree.tostring(element, encoding="unicode")


def _strip(element: ElementTree.Element, titled: bool) -> None:
    for part in list(element):
        hidden = part.get("display") == "none" or part.get("opacity") == "0" or part.get("class") == "background"
        _strip(part, titled)
        if hidden or (part.tag == "g" and len(part) == 0):
            element.remove(part)
    layer, words = _LAYER.search(element.get("class", "")), element.get("aria-label")
    kept = {name: value for name, value in element.attrib.items() if name in _LOOK and (name, value) not in _DEFAULTS}
    kept |= {name: _LONG_DECIMAL.sub(_rounded, value) for name, value in element.attrib.items() if name in _GEOMETRY}
    element.attrib.clear()
    element.attrib.update(kept | ({"class": f"plot-{layer[0]}"} if layer else {}))
    if element.tag == "g":
        _share(element)
    elif titled and words and element.tag != "text":
        ElementTree.SubElement(element, "title").text = words


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")


def _share(group: ElementTree.Element) -> None:
    """Move to a group what all its marks have in common."""
    if any(mark.tag == "g" for mark in group):
        return
    for name in _LOOK:
        values = {mark.get(name) for mark in group}
        if len(values) == 1 and (value := values.pop()) is not None:
            group.set(name, value)
            for mark in group:
                del mark.attrib[name]
