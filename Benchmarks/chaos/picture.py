"""The picture of a run's outages, as SVG: time from left to right, a bar for each outage, its milliseconds on a
logarithmic scale.

    python -m chaos.picture REPORT.json PICTURE.svg
"""

import json
import math
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from chaos.plan import FAULTS

WIDTH, LEFT, TOP, PLOT_HEIGHT, BOTTOM = 1100, 70, 50, 360, 50
LEGEND_COLUMNS, LEGEND_ROW = 2, 18
BAR = 4
LOWEST_MS = 1
# One for each fault, in the order of `FAULTS`: those on the primary are red to yellow.
COLOURS = [
    "#b30000", "#e34a33", "#fc8d59", "#7a0177", "#f768a1", "#e6ab02", "#a6761d", "#08519c", "#3182bd", "#6baed6",
    "#1b9e77", "#66a61e", "#525252", "#969696", "#54278f", "#000000",
]
COLOUR_OF = dict(zip(FAULTS, COLOURS, strict=True))


class Scale:
    """From values to the pixels of the plot."""

    def __init__(self, seconds, highest_ms):
        self.seconds = max(seconds, 1)
        self.decades = max(1, math.ceil(math.log10(max(highest_ms, LOWEST_MS * 10) / LOWEST_MS) - 1e-9))

    def x(self, seconds):
        return LEFT + (WIDTH - LEFT - 20) * seconds / self.seconds

    def y(self, milliseconds):
        height = PLOT_HEIGHT * math.log10(max(milliseconds, LOWEST_MS) / LOWEST_MS) / self.decades
        return TOP + PLOT_HEIGHT - height

    def lines(self):
        return [LOWEST_MS * 10**power for power in range(self.decades + 1)]


def drawn(report):
    rounds = [round for round in report["rounds"] if round["outage_ms"] is not None]
    ends = [round["at_seconds"] for round in report["rounds"]]
    scale = Scale(max(ends, default=1) * 1.02, max((round["outage_ms"] for round in rounds), default=10))
    faults = [fault for fault in FAULTS if fault in report["faults"]]
    legend_rows = math.ceil(len(faults) / LEGEND_COLUMNS)
    height = TOP + PLOT_HEIGHT + BOTTOM + legend_rows * LEGEND_ROW + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        text(LEFT, 20, title(report), size=15),
        text(LEFT, 38, subtitle(report), fill="#555"),
    ]
    parts += axes(scale)
    parts += [bar(round, scale) for round in rounds]
    parts += legend(report, faults)
    return "\n".join(parts + ["</svg>"]) + "\n"


def title(report):
    return f"{report['engine']}: how long writes were out after each fault ({report['result']})"


def subtitle(report):
    rows = report["rows"]
    return (
        f"{report['instances']} instances, {report['writers']} writers, seed {report['seed']}; "
        f"{rows['acknowledged']:,} rows acknowledged, {rows['lost']:,} lost"
    )


def axes(scale):
    right, base = WIDTH - 20, TOP + PLOT_HEIGHT
    for value in scale.lines():
        y = scale.y(value)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>'
        yield text(LEFT - 6, y + 4, label(value), anchor="end")
    for second in ticks(scale.seconds):
        x = scale.x(second)
        yield f'<line x1="{x:.1f}" y1="{base}" x2="{x:.1f}" y2="{base + 5}" stroke="#333"/>'
        yield text(x, base + 18, f"{second // 60}:{second % 60:02}", anchor="middle")
    yield f'<line x1="{LEFT}" y1="{base}" x2="{right}" y2="{base}" stroke="#333"/>'
    yield text((LEFT + right) / 2, base + 34, "time of the run, minutes", anchor="middle", fill="#555")


def label(milliseconds):
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds // 1000} s"


def ticks(seconds):
    """At most twelve, at round seconds; every hour in runs of more than half a day."""
    step = next((step for step in (5, 10, 30, 60, 120, 300, 600, 1800, 3600) if seconds / step <= 12), 3600)
    return range(0, int(seconds) + 1, step)


def bar(round, scale):
    x, y = scale.x(round["at_seconds"]), scale.y(round["outage_ms"])
    base = TOP + PLOT_HEIGHT
    what = f"{round['number']}: {FAULTS[round['fault']]}, {round['outage_ms']:.1f} ms"
    return (
        f'<rect x="{x - BAR / 2:.1f}" y="{y:.1f}" width="{BAR}" height="{max(base - y, 1):.1f}" '
        f'fill="{COLOUR_OF[round["fault"]]}"><title>{escape(what)}</title></rect>'
    )


def legend(report, faults):
    top = TOP + PLOT_HEIGHT + BOTTOM
    column = (WIDTH - LEFT - 20) / LEGEND_COLUMNS
    for index, fault in enumerate(faults):
        x, y = LEFT + column * (index % LEGEND_COLUMNS), top + LEGEND_ROW * (index // LEGEND_COLUMNS)
        of = report["faults"][fault]
        outage = of["outage_ms"]
        figures = "" if outage["p50"] is None else f", p50 {outage['p50']:.0f}, max {outage['max']:.0f} ms"
        yield f'<rect x="{x:.1f}" y="{y}" width="11" height="11" fill="{COLOUR_OF[fault]}"/>'
        yield text(x + 16, y + 10, f"{FAULTS[fault]} ({of['rounds']}{figures})", size=11)


def text(x, y, words, size=12, anchor="start", fill="#111"):
    style = f'font-size="{size}" text-anchor="{anchor}" fill="{fill}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: python -m chaos.picture REPORT.json PICTURE.svg")
    Path(sys.argv[2]).write_text(drawn(json.loads(Path(sys.argv[1]).read_text())))


if __name__ == "__main__":
    main()
