"""Templates of the formats."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def template_environment(autoescape: bool) -> Environment:
    """Templates of this package; an unknown name in a template is an error.

    Args:
        autoescape: whether values are escaped for HTML.
    """
    return Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def latex_environment() -> Environment:
    """Templates whose signs do not collide with those of LaTeX: `<< value >>`, `<% statement %>`."""
    return template_environment(autoescape=False).overlay(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
