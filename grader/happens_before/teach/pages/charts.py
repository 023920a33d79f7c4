"""Charts of a class as SVG by gnuplot, to stand inside a page and take its colours."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from happens_before.core.errors import GraderFault
from happens_before.learn.packages import PATH

LIMIT_S = 60.0
SETTINGS = """
set terminal svg size 560,190 dynamic fixed font ',13' background rgb '#fefefe'
set style fill solid 1.0 noborder
set boxwidth 0.82
set border 1 lc rgb '#010203'
set tics nomirror scale 0.4 textcolor rgb '#010203'
unset ytics
unset key
set xrange [-0.6:9.6]
set xtics ('0' -0.5, '20' 1.5, '40' 3.5, '60' 5.5, '80' 7.5, '100 %%' 9.5)
set bmargin 2
set tmargin 1
set lmargin 1
set rmargin 3
"""
CHART = """
set output '{n}.svg'
set yrange [0:{top}]
$data{n} << EOD
{rows}
EOD
plot $data{n} using 1:2 with boxes lc rgb '#1f5fa8', \\
     $data{n} using 1:2:3 with labels offset 0,0.6 textcolor rgb '#010203'
unset output
"""


@dataclass(frozen=True)
class Histogram:
    """Counts in ten equal bins from 0 to 100 %. says: the same in words, for who cannot see it."""

    counts: Sequence[int]
    says: str


def draw(histograms: Sequence[Histogram]) -> list[Markup]:
    """An <svg> for each. Errors: GraderFault when gnuplot is not there, or fails."""
    if not histograms:
        return []
    gnuplot = shutil.which("gnuplot", path=PATH)
    if not gnuplot:
        raise GraderFault("gnuplot is not installed: `make setup` does it (package gnuplot-nox).")
    script = SETTINGS + "".join(_chart(n, each.counts) for n, each in enumerate(histograms))
    with tempfile.TemporaryDirectory(prefix="happens-before-") as directory:
        done = subprocess.run(
            [gnuplot, "-"],
            input=script,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        files = [Path(directory) / f"{n}.svg" for n in range(len(histograms))]
        if done.returncode != 0 or not all(file.is_file() for file in files):
            raise GraderFault(f"gnuplot cannot draw the scores:\n{done.stderr.strip()}")
        return [_inside_a_page(f.read_text(), each.says) for f, each in zip(files, histograms)]


def _chart(n: int, counts: Sequence[int]) -> str:
    rows = "\n".join(f'{at} {count} "{count or ""}"' for at, count in enumerate(counts))
    return CHART.format(n=n, top=max(1, *counts) * 1.2, rows=rows)


def _inside_a_page(svg: str, says: str) -> Markup:
    """The drawing without what belongs to a file of its own, in the page's colours."""
    head = re.search(r"<svg\b[^>]*>", svg)
    box = re.search(r'viewBox="[^"]*"', svg)
    assert head and box
    body = svg[head.end() :]
    body = re.sub(r"<(title|desc|defs)\b.*?</\1>|<!--.*?-->", "", body, flags=re.S)
    body = re.sub(r'<rect\b[^>]*fill="#fefefe"[^>]*/>', "", body)
    body = re.sub(r'\s(?:id|font-family|color)="[^"]*"', "", body)
    for gnuplots, pages in (("1f5fa8", "bar"), ("010203", "text")):
        red, green, blue = (int(gnuplots[at : at + 2], 16) for at in (0, 2, 4))
        colour = rf"(?:#{gnuplots}|rgb\(\s*{red},\s*{green},\s*{blue}\s*\))"
        body = re.sub(colour, f"var(--{pages})", body, flags=re.I)
    body = body.replace('stroke="black"', 'stroke="currentColor"')
    start = Markup('<svg class="chart" {} role="img" aria-label="{}">').format(
        Markup(box.group()), says
    )
    return start + Markup(body)
