"""A report as one HTML page that needs no network and no script."""

from __future__ import annotations

import base64

from harness import __version__
from reports.canvas import Drawing
from reports.reading import READING
from reports.report import Report, slug

from .environment import template_environment


def render_html(report: Report) -> str:
    """The whole page."""
    environment = template_environment(autoescape=True)
    environment.filters.update(slug=slug, source=image_source)
    return environment.get_template("page.html.j2").render(report=report, reading=READING, version=__version__)


def image_source(drawing: Drawing) -> str:
    """A figure as a data URI: the SVG of a line chart, else the PNG."""
    kind, data = ("svg+xml", drawing.svg) if drawing.svg is not None else ("png", drawing.png)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
