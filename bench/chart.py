# SPDX-License-Identifier: MIT
#
# The chart of the README: for each workload a bar a heap, kheap's first. Told apart by its label, readable in light and dark.

from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, GAP, TITLE, RIGHT = 760, 96, 15, 26, 22, 60

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #222 } .name { font-weight: 600 } .ours { fill: #0b5fa5 }
.theirs { fill: #b9c2cb } .limit { fill: none; stroke: #6b7680; stroke-dasharray: 3 2 } .paper { fill: #fff }
@media (prefers-color-scheme: dark) { text { fill: #e6e6e6 } .ours { fill: #62b0f0 } .theirs { fill: #56616b }
.limit { stroke: #a9b4be } .paper { fill: #16191c } }
"""


def bar(x, y, width, kind):
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width:.1f}" height="{BAR - 3}"/>'


def group(y, what, bars, scale):
    """bars: (name, nanoseconds), ours first."""
    parts = [f'<text class="name" x="8" y="{y + 12}">{escape(what)}</text>']
    y += TITLE
    for name, ns in bars:
        kind = "ours" if name == "kheap" else "limit" if name == "bump" else "theirs"
        parts += [f'<text x="8" y="{y + 10}">{name}</text>', bar(LABEL, y, min(ns, scale) / scale * (WIDTH - LABEL - RIGHT), kind),
                  f'<text x="{LABEL + min(ns, scale) / scale * (WIDTH - LABEL - RIGHT) + 6:.1f}" y="{y + 10}">{ns:.1f}</text>']
        y += BAR
    return "\n".join(parts), y + GAP - 8


def draw(found):
    y, groups = 34, []
    for name, what in found["workloads"].items():
        bars = [(peer, p["ns"][name]) for peer, p in found["peers"].items() if name in p["ns"]]
        scale = max(ns for _, ns in bars)
        text, y = group(y, what, bars, scale)
        groups.append(text)
    kheap = found["peers"]["kheap"]["ns"]
    described = "; ".join(f"{what}: kheap {kheap[name]:.1f}, glibc {found['peers']['glibc']['ns'].get(name, 0):.1f}"
                          for name, what in found["workloads"].items() if name in found["peers"]["glibc"]["ns"])
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" aria-labelledby="t d">
<title id="t">Nanoseconds for an allocation and its free, kheap beside other heaps</title>
<desc id="d">{escape(described)}</desc>
<style>{STYLE}</style>
<rect class="paper" width="{WIDTH}" height="{y}"/>
<text x="8" y="18">Nanoseconds for an allocation and its free; shorter is better; bump checks nothing: the limit</text>
{chr(10).join(groups)}
</svg>
"""
