# SPDX-License-Identifier: MIT
#
# The sketches of who has the processor, and when: a column for each who may, time from above to below, an arrow wherever
# the turn passes from one to another.

from pages import Trouble
from shapes import CHAR, LEFT, RIGHT, box, element, head, label, numbered

TALL, SPACE = 26, 10
KINDS = ("payload", "tag", "free")


def lanes_of(asked, language):
    """`lanes: ordinary, handler = BENGALI, BENGALI = ENGLISH, ENGLISH`: what scenes call them, and what stands over them."""
    parts = [[one.strip() for one in part.split(",")] for part in asked.said["lanes"].split("=")]
    if len(parts) != 3 or len({len(part) for part in parts}) != 1:
        raise Trouble("lanes: names, their BENGALI and their ENGLISH are as many, with a = between them")
    names, bengali, english = parts
    return dict(zip(names, bengali if language == "bn" else english))


def piece(scene, x, y, width):
    kind = scene.words.get("kind", "payload")
    if kind not in KINDS:
        raise Trouble(f"kind={kind}: there are {', '.join(KINDS)}")
    if len(scene.text) * CHAR + 2 > width:
        raise Trouble(f"`{scene.text}` is too long for its lane: {int((width - 2) / CHAR)} letters")
    if kind == "free":
        return [box(x, y, width, TALL, kind), label(x + width / 2, y + TALL / 2 + 4, scene.text, "middle")]
    return numbered(x, y, width, TALL, kind, scene.text)


def passed(x, y, to, top):
    """The turn goes from the foot of one piece to the top of the next."""
    side = "right" if to > x else "left"
    before = to - 6 if side == "right" else to + 6
    return [element("path", d=f"M{x:.1f} {y:.1f}C{x:.1f} {y + 9:.1f} {x:.1f} {top:.1f} {before:.1f} {top:.1f}", class_="pointer"), head(to, top, side)]


def draw(asked, say):
    """Each scene a piece in its lane, below the one before."""
    lanes = lanes_of(asked, say("language"))
    names, wide = list(lanes), (RIGHT - LEFT - 12 * (len(lanes) - 1)) / len(lanes)
    place = {name: LEFT + at * (wide + 12) for at, name in enumerate(names)}
    out, y, before = [label(place[name] + wide / 2, 14, text, "middle", "strong") for name, text in lanes.items()], 24, None
    for scene in asked.scenes:
        lane = scene.words.get("in", "")
        if lane not in lanes:
            raise Trouble(f"in={lane}: each scene names its lane; there are {', '.join(names)}")
        x = place[lane]
        out += piece(scene, x, y, wide)
        if before not in (None, lane):
            right = place[lane] > place[before]
            out += passed(place[before] + wide / 2, y - SPACE, x if right else x + wide, y + TALL / 2)
        y, before = y + TALL + SPACE, lane
    return out, y
