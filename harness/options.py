"""Options that verbs share."""

from __future__ import annotations

from pathlib import Path

import click

Folder = click.Path(path_type=Path)

data_root_option = click.option("--data-root", type=Folder, default=None, help="Folder that holds the data sets.")
set_option = click.option("--set", "changes", metavar="KEY=VALUE", multiple=True, help="Change a setting; may be repeated.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
