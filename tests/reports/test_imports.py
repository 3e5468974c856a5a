"""A report can be rebuilt where neither the models nor their libraries are."""

import subprocess
import sys

SCRIPT = """
import sys
import reports.write
from reports.canvas import FIGURES, ROW_FIGURES
from reports.table import TABLES
TABLES.all(), FIGURES.all(), ROW_FIGURES.all()
print(*(name for name in ("torch", "mmengine", "methods", "matplotlib.pyplot") if name in sys.modules))
"""


def test_reports_leave_torch_and_pyplot_out():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
