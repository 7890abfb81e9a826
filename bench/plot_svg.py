# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the figures of the benchmarks share: an SVG that grows, panels of bars and of lines."""
import math
from xml.sax.saxutils import escape

# Told apart also by those who do not see red and green (Okabe and Ito), and by their lightness.
COLORS = ["#0072B2", "#56B4E9", "#D55E00", "#E69F00", "#009E73", "#CC79A7", "#666666"]
MARGIN = 16


class Svg:
    """Grows to what is drawn: every element says how far it reaches."""

    def __init__(self):
        self.body, self.width, self.height = [], 0, 0

    def reach(self, x, y):
        self.width, self.height = max(self.width, x), max(self.height, y)

    def text(self, x, y, text, size=11, anchor="start", bold=False, rotate=0, color="black", halo=False):
        place = f'transform="translate({x:.1f},{y:.1f}) rotate({rotate})"' if rotate else f'x="{x:.1f}" y="{y:.1f}"'
        extra = ' font-weight="bold"' if bold else ""
        if halo:  # to be read across lines
            extra += ' stroke="white" stroke-width="2.5" paint-order="stroke"'
        self.body.append(f'<text {place} font-size="{size}" text-anchor="{anchor}" fill="{color}"{extra}>'
                         f'{escape(text)}</text>')
        length = 0.56 * size * len(text)
        right = x + length * math.cos(math.radians(rotate)) if anchor == "start" else x
        below = y + length * math.sin(math.radians(rotate)) if anchor == "start" else y
        self.reach(right, max(y, below))

    def line(self, x1, y1, x2, y2, color="#ddd", width=1, dash=""):
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self.body.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" '
                         f'stroke-width="{width}"{extra}/>')
        self.reach(max(x1, x2), max(y1, y2))

    def rect(self, x, y, width, height, color):
        self.body.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"/>')
        self.reach(x + width, y + height)

    def polyline(self, points, color, width, dash=""):
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.body.append(f'<polyline points="{path}" fill="none" stroke="{color}" '
                         f'stroke-width="{width}"{extra}/>')

    def marker(self, x, y, color, size):
        self.body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{color}"/>')

    def __str__(self):
        width, height = math.ceil(self.width + MARGIN), math.ceil(self.height + MARGIN)
        return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                          f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
                          f'<rect width="{width}" height="{height}" fill="white"/>', *self.body, "</svg>"]) + "\n"


def heading(svg, left, lines):
    """The title and what is to be known about it; returns where the next thing goes."""
    for number, line in enumerate(lines):
        svg.text(left, 20 + 15 * number, line, size=13 if number == 0 else 10, bold=number == 0)
    return 20 + 15 * len(lines)


def legend(svg, left, top, names, step=None):
    """names: [(text, color)]; returns where the next thing goes."""
    x = left
    for text, color in names:
        svg.rect(x, top, 10, 10, color)
        svg.text(x + 14, top + 9, text, size=10)
        x += step or 26 + 6 * len(text)
    return top + 20


def nice_ticks(top, count=5):
    """Round numbers from 0 to `top` or just beyond."""
    if top <= 0:
        return [0, 1]
    raw = top / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    return [step * i for i in range(math.ceil(top / step * 0.999) + 1)]


def short(number):
    """12 k for 12000."""
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= unit:
            return f"{number / unit:g}{name}"
    return f"{number:g}"


class Bars:
    """A panel of groups of bars: `groups` is {label: {series: value}}, `series` [(key, color)]. A label may have lines.
    Bars beyond `top_value` are cut; `values` makes the text above a bar of its value."""

    def __init__(self, series, height=150, bar=9, gap=14, ticks=None, top_value=None, marked=(), values=None,
                 tilt=30, unit=""):
        self.series, self.height, self.bar, self.gap, self.unit = series, height, bar, gap, unit
        self.ticks, self.top_value, self.marked, self.values, self.tilt = ticks, top_value, marked, values, tilt

    def draw(self, svg, left, top, title, groups):
        """Returns (where the next panel below goes, where the next one beside)."""
        present = [(key, color) for key, color in self.series if any(key in values for values in groups.values())]
        largest = max(value for values in groups.values() for value in values.values())
        ticks = self.ticks or nice_ticks(largest * 1.02)
        scale = self.height / (self.top_value or ticks[-1])
        step = len(present) * self.bar + self.gap
        if not self.tilt:  # labels beside each other need their room
            step = max(step, *(6 * len(line) + 8 for label in groups for line in label.split("\n")))
        width = len(groups) * step
        svg.text(left, top - 10, title, bold=True)
        top += 16 if self.values else 0  # room for what is above the bars
        if self.unit:
            svg.text(left - 40, top + self.height / 2, self.unit, size=10, anchor="middle", rotate=-90)
        for tick in ticks:
            y = top + self.height - tick * scale
            svg.line(left, y, left + width, y)
            svg.text(left - 6, y + 4, f"{tick:g}", size=10, anchor="end")
        for value, text, color in self.marked:
            y = top + self.height - value * scale
            svg.line(left, y, left + width, y, color, 1.5, "5,3")
            svg.text(left + width + 5, y + 4, text, size=10, color=color)
        for number, (label, values) in enumerate(groups.items()):
            x = left + number * step + (step - len(present) * self.bar) / 2
            self.draw_group(svg, x, top, scale, present, values)
            self.draw_label(svg, x, x + len(present) * self.bar / 2, top + self.height, label)
        svg.line(left, top + self.height, left + width, top + self.height, "#444")
        lines = max(label.count("\n") for label in groups) + 1
        below = svg.height + 40 if self.tilt else top + self.height + 14 * lines + 44
        return below, left + width + 90

    def draw_group(self, svg, x, top, scale, present, values):
        for i, (key, color) in enumerate(present):
            if key not in values:
                continue
            height = min(values[key] * scale, self.height)
            left = x + i * self.bar
            svg.rect(left, top + self.height - height, self.bar - 1, height, color)
            if self.values:
                size = min(8.5, self.bar - 1)
                svg.text(left + self.bar / 2 + size / 3, top + self.height - height - 3, self.values(values[key]),
                         size=size, rotate=-90, halo=True)

    def draw_label(self, svg, x, middle, bottom, label):
        if self.tilt:
            svg.text((x + middle) / 2, bottom + 12, label, rotate=self.tilt)
            return
        for number, line in enumerate(label.split("\n")):
            svg.text(middle, bottom + 14 + 13 * number, line, size=10, anchor="middle")


class Lines:
    """A panel of lines: `curves` is {name: [(x, y)]}, drawn by `style(name)` -> (color, dash, width); wider lines show
    beneath others that cover them. The x axis is logarithmic with the values that there are as its ticks; the y axis is
    logarithmic when `log_y` says so."""

    def __init__(self, style, width=230, height=150, log_y=False, x_label="", y_label=""):
        self.style, self.width, self.height = style, width, height
        self.log_y, self.x_label, self.y_label = log_y, x_label, y_label

    def draw(self, svg, left, top, title, curves):
        xs = sorted({x for curve in curves.values() for x, _ in curve})
        ys = [y for curve in curves.values() for _, y in curve]
        to_x = self.scale_x(left, xs)
        to_y, ticks = self.scale_y(top, ys)
        svg.text(left, top - 10, title, bold=True)
        svg.text(left - 50, top + self.height / 2, self.y_label, size=10, anchor="middle", rotate=-90)
        svg.text(left + self.width / 2, top + self.height + 30, self.x_label, size=10, anchor="middle")
        for tick in ticks:
            svg.line(left, to_y(tick), left + self.width, to_y(tick))
            svg.text(left - 6, to_y(tick) + 4, short(tick), size=10, anchor="end")
        for x in xs:
            svg.line(to_x(x), top + self.height, to_x(x), top + self.height + 4, "#444")
            svg.text(to_x(x), top + self.height + 16, f"{x:,}", size=10, anchor="middle")
        svg.line(left, top + self.height, left + self.width, top + self.height, "#444")
        for name, curve in sorted(curves.items(), key=lambda item: -self.style(item[0])[2]):
            color, dash, width = self.style(name)
            points = [(to_x(x), to_y(y)) for x, y in sorted(curve)]
            svg.polyline(points, color, width, dash)
            for x, y in points:
                svg.marker(x, y, color, width / 2 + 1.5)
        svg.reach(left + self.width, top + self.height + 32)

    def scale_x(self, left, xs):
        low, high = math.log(xs[0]), math.log(xs[-1])
        inner = self.width - 24
        return lambda x: left + 12 + (inner * (math.log(x) - low) / (high - low) if high > low else inner / 2)

    def scale_y(self, top, ys):
        if not self.log_y:
            ticks = nice_ticks(max(ys) * 1.05)
            return (lambda y: top + self.height * (1 - y / ticks[-1])), ticks
        positive = [y for y in ys if y > 0] or [1]
        low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
        high = max(high, low + 1)
        ticks = [10.0 ** power for power in range(low, high + 1)]
        return (lambda y: top + self.height * (1 - (math.log10(max(y, ticks[0])) - low) / (high - low))), ticks
