# SPDX-License-Identifier: MIT
#
# The chart of the README: for each workload a bar a heap, kheap's first. Told apart by its label, readable in light and dark.

from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, GAP, TITLE, RIGHT = 760, 96, 15, 26, 22, 60

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #222 } .name { font-weight: 600 } .ours { fill: #0b5fa5 }
.theirs { fill: #b9c2cb } .limit { fill: none; stroke: #6b7680; stroke-dasharray: 3 2 } .paper { fill: #fff }
.cut { stroke: #fff; stroke-width: 4 }
@media (prefers-color-scheme: dark) { text { fill: #e6e6e6 } .ours { fill: #62b0f0 } .theirs { fill: #56616b }
.limit { stroke: #a9b4be } .paper { fill: #16191c } .cut { stroke: #16191c } }
"""
KINDS = {"kheap": "ours", "bump": "limit"}
CUT = 3  # a bar so many times as long as the next one is cut


def bar(y, name, ns, scale):
    width = min(ns, scale) / scale * (WIDTH - LABEL - RIGHT)
    parts = [f'<text x="8" y="{y + 10}">{name}</text>',
             f'<rect class="{KINDS.get(name, "theirs")}" x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR - 3}"/>']
    if ns > scale:
        at = LABEL + width - 16
        parts.append(f'<path class="cut" d="M{at - 4:.1f} {y + BAR - 2}L{at + 4:.1f} {y - 1}"/>')
    told = f"{ns:.1f}" if ns < 1000 else f"{ns:.0f}"
    return [*parts, f'<text x="{LABEL + width + 6:.1f}" y="{y + 10}">{told}</text>']


def scale_of(bars):
    *_, second, longest = sorted(ns for _, ns in bars)
    return second * 1.1 if longest > CUT * second else longest


def group(y, what, bars):
    """bars: (name, nanoseconds), ours first."""
    parts = [f'<text class="name" x="8" y="{y + 12}">{escape(what)}</text>']
    y += TITLE
    for name, ns in bars:
        parts += bar(y, name, ns, scale_of(bars))
        y += BAR
    return "\n".join(parts), y + GAP - 8


def described(found):
    peers = found["peers"]
    return "; ".join(f"{what}: " + ", ".join(f"{peer} {p['ns'][name]:.1f}" for peer, p in peers.items() if name in p["ns"])
                     for name, what in found["workloads"].items())


def draw(found):
    y, groups, machine = 50, [], found["machine"]
    for name, what in found["workloads"].items():
        text, y = group(y, what, [(peer, p["ns"][name]) for peer, p in found["peers"].items() if name in p["ns"]])
        groups.append(text)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" aria-labelledby="t d">
<title id="t">Nanoseconds for an allocation and its free, kheap beside other heaps</title>
<desc id="d">{escape(described(found))}</desc>
<style>{STYLE}</style>
<rect class="paper" width="{WIDTH}" height="{y}"/>
<text x="8" y="18">Nanoseconds for an allocation and its free; shorter is better; bump checks nothing: the limit; a cut bar goes on</text>
<text x="8" y="34">{escape(f"{machine['processor']}, {machine['compiler']}, {machine['date']}")}</text>
{chr(10).join(groups)}
</svg>
"""
