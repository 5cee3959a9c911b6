"""Photographs of the demo world, drawn by the program: no picture of anybody's is kept in the project.

Every scene is a function of a random source, so the same seed draws the same picture again.
"""

import io
import math
from collections.abc import Callable
from random import Random

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = (1200, 900)  # in which scenes are drawn
KEPT = (800, 600)
Colour = tuple[int, int, int]
Scene = Callable[[ImageDraw.ImageDraw, Random], None]

WARM: tuple[Colour, ...] = ((214, 178, 120), (196, 142, 96), (226, 205, 168), (178, 120, 82), (236, 222, 196))
COOL: tuple[Colour, ...] = ((120, 158, 160), (92, 132, 148), (160, 188, 178), (72, 104, 112), (188, 206, 204))
WALLS: tuple[Colour, ...] = (
    (226, 196, 124),
    (208, 150, 118),
    (168, 192, 170),
    (196, 206, 214),
    (230, 214, 196),
)


def _shade(colour: Colour, by: int) -> Colour:
    red, green, blue = (max(0, min(255, part + by)) for part in colour)
    return red, green, blue


def _room(draw: ImageDraw.ImageDraw, random: Random) -> int:
    """A wall, a floor of boards seen from above, and light from a window; returns where the floor begins."""
    wall, wood = random.choice(WALLS), random.choice(WARM)
    horizon = random.randint(560, 640)
    for y in range(horizon):
        draw.line([(0, y), (SIZE[0], y)], fill=_shade(wall, 18 - y // 22))
    for board in range(-12, 26):
        at = board * 90 + random.randint(-4, 4)
        middle = 600 + (at - 600) // 2
        edges = [(middle, horizon), (middle + 46, horizon), (at + 92, SIZE[1]), (at, SIZE[1])]
        draw.polygon(edges, fill=_shade(wood, random.randint(-16, 10)))
    left = random.randint(60, 260)
    draw.polygon(
        [(left, 90), (left + 190, 70), (left + 330, horizon - 60), (left + 110, horizon - 40)],
        fill=_shade(wall, 32),
    )
    draw.rectangle([0, horizon - 16, SIZE[0], horizon], fill=_shade(wall, 44))
    return horizon


def tiles(draw: ImageDraw.ImageDraw, random: Random) -> None:
    """A tiled wall behind a basin."""
    palette, side = random.choice((WARM, COOL)), random.choice((75, 100, 120))
    for row, y in enumerate(range(0, 640, side)):
        for x in range(-(row % 2) * side // 2, SIZE[0], side):
            tile = _shade(random.choice(palette), random.randint(-8, 8))
            draw.rectangle([x + 2, y + 2, x + side - 2, y + side - 2], fill=tile)
            draw.line([x + 6, y + 6, x + side - 10, y + 6], fill=_shade(tile, 26), width=3)
    top = _shade(random.choice(WARM), -30)
    draw.rectangle([0, 640, SIZE[0], 700], fill=_shade(top, 40))
    draw.rectangle([0, 700, SIZE[0], SIZE[1]], fill=top)
    at = random.randint(320, 720)
    draw.ellipse([at - 210, 600, at + 210, 720], fill=(238, 238, 232))
    draw.ellipse([at - 170, 618, at + 170, 700], fill=(206, 210, 208))
    draw.line([at, 610, at, 500, at + 70, 470, at + 96, 520], fill=(148, 154, 158), width=20, joint="curve")


def painted_wall(draw: ImageDraw.ImageDraw, random: Random) -> None:
    """A room half painted, a ladder and a bucket."""
    horizon = _room(draw, random)
    fresh, edge = random.choice(COOL + WALLS), random.randint(520, 900)
    outline = [(0, 0), (edge, 0)]
    outline += [(edge + random.randint(-26, 26), y) for y in range(40, horizon - 20, 36)]
    draw.polygon([*outline, (edge - 30, horizon - 18), (0, horizon - 18)], fill=fresh)
    for _ in range(60):
        x, y = random.randint(0, edge - 40), random.randint(0, horizon - 90)
        draw.line(
            [x, y, x + random.randint(-6, 6), y + 66], fill=_shade(fresh, random.randint(-5, 7)), width=14
        )
    foot = random.randint(700, 960)
    for x in (foot, foot + 130):
        draw.line([x, SIZE[1] - 60, x - 70 if x == foot else x - 60, 190], fill=(122, 92, 60), width=16)
    for y in range(260, SIZE[1] - 90, 84):
        lean = (SIZE[1] - y) // 11
        draw.line([foot - lean + 8, y, foot + 124 - lean, y], fill=(140, 108, 72), width=13)
    draw.rectangle([250, 740, 370, 850], fill=(176, 180, 178))
    draw.ellipse([250, 718, 370, 766], fill=fresh)


def garden(draw: ImageDraw.ImageDraw, random: Random) -> None:
    """A lawn, beds and a path under a clear sky."""
    for y in range(420):
        draw.line([(0, y), (SIZE[0], y)], fill=(150 + y // 8, 188 + y // 12, 214))
    draw.rectangle([0, 330, SIZE[0], 430], fill=random.choice(WALLS))
    for y in range(430, SIZE[1]):
        draw.line([(0, y), (SIZE[0], y)], fill=(96 + (y - 430) // 16, 134 + (y - 430) // 14, 78))
    bend = random.randint(-160, 160)
    draw.polygon([(560 + bend, 430), (640 + bend, 430), (880, SIZE[1]), (420, SIZE[1])], fill=(206, 190, 160))
    for _ in range(42):
        x, y = random.randint(0, SIZE[0]), random.randint(360, 600)
        if abs(x - 600 - bend) < 130:
            continue
        size = random.randint(30, 90)
        leaf = (random.randint(50, 92), random.randint(104, 146), random.randint(52, 84))
        draw.ellipse([x - size, y - size, x + size, y + size // 2], fill=leaf)
        for _ in range(6):
            dot = x + random.randint(-size, size) // 2, y + random.randint(-size, size // 2) // 2
            flower = random.choice(((226, 174, 60), (206, 96, 88), (236, 226, 208)))
            draw.ellipse([dot[0] - 6, dot[1] - 6, dot[0] + 6, dot[1] + 6], fill=flower)


def pipes(draw: ImageDraw.ImageDraw, random: Random) -> None:
    """Copper pipes, valves and a water heater on a plain wall."""
    wall = random.choice(WALLS)
    draw.rectangle([0, 0, *SIZE], fill=wall)
    for y in range(0, SIZE[1], 3):
        draw.line([(0, y), (SIZE[0], y)], fill=_shade(wall, 12 - y // 40))
    for number in range(random.randint(3, 5)):
        x, y = 120 + number * 150, random.randint(250, 520)
        run = [(x, 0), (x, y), (SIZE[0] - 360, y), (SIZE[0] - 360 + number * 40, y + 10)]
        for width, colour in ((34, (134, 76, 44)), (24, (190, 116, 70)), (7, (232, 174, 128))):
            draw.line(run, fill=colour, width=width, joint="curve")
        draw.ellipse([x - 26, y - 170, x + 26, y - 118], fill=(188, 54, 48) if number % 2 else (52, 100, 160))
    draw.rounded_rectangle([820, 130, 1110, 760], 70, fill=(232, 232, 228))
    draw.rounded_rectangle([846, 150, 900, 740], 26, fill=(248, 248, 246))
    dial = random.uniform(0.4, 2.6)
    draw.ellipse([920, 560, 1020, 660], fill=(250, 250, 248), outline=(120, 124, 126), width=5)
    draw.line([970, 610, 970 + 36 * math.cos(dial), 610 - 36 * math.sin(dial)], fill=(190, 50, 44), width=6)


def panel(draw: ImageDraw.ImageDraw, random: Random) -> None:
    """An electrical panel with its breakers in rows and its wires tied."""
    draw.rectangle([0, 0, *SIZE], fill=random.choice(WALLS))
    draw.rounded_rectangle([230, 70, 970, 830], 24, fill=(118, 124, 128))
    draw.rounded_rectangle([256, 96, 944, 804], 16, fill=(224, 226, 224))
    for row in range(random.randint(3, 4)):
        y = 150 + row * 160
        for wire in range(22):
            colour = random.choice(((196, 54, 46), (44, 90, 150), (54, 128, 74), (40, 40, 42)))
            x = 312 + wire * 27
            draw.arc([x - 40, y - 60, x + 30, y + 40], 180, 300, fill=colour, width=6)
        for breaker in range(12):
            x = 296 + breaker * 50
            draw.rectangle([x, y, x + 44, y + 96], fill=(58, 62, 66))
            up = random.random() > 0.15
            draw.rectangle(
                [x + 12, y + (16 if up else 50), x + 32, y + (46 if up else 80)], fill=(228, 182, 62)
            )


def roof(draw: ImageDraw.ImageDraw, random: Random) -> None:
    """A roof of clay tiles against the sky."""
    for y in range(SIZE[1]):
        draw.line([(0, y), (SIZE[0], y)], fill=(140 + y // 12, 180 + y // 18, 212))
    ridge, clay = random.randint(200, 320), random.choice(((178, 92, 62), (160, 84, 66), (192, 112, 76)))
    for row, y in enumerate(range(ridge, SIZE[1], 46)):
        half = 160 + (y - ridge) * 0.95
        for x in range(int(600 - half), int(600 + half), 64):
            at = x + (row % 2) * 32
            tone = _shade(clay, random.randint(-18, 16))
            draw.pieslice([at, y - 30, at + 70, y + 62], 0, 180, fill=tone)
            draw.arc([at, y - 30, at + 70, y + 62], 20, 160, fill=_shade(tone, -34), width=4)
    draw.line([600 - 170, ridge, 600 + 170, ridge], fill=_shade(clay, 26), width=26)


def kitchen(draw: ImageDraw.ImageDraw, random: Random) -> None:
    """Fitted cupboards around a stove."""
    _room(draw, random)
    doors = random.choice(COOL + WARM)
    for x in range(60, 1140, 180):
        draw.rectangle([x, 110, x + 172, 330], fill=doors)
        draw.rectangle([x + 16, 126, x + 156, 314], outline=_shade(doors, -26), width=4)
        draw.rectangle([x, 500, x + 172, 800], fill=_shade(doors, -8))
        draw.rectangle([x + 16, 520, x + 156, 780], outline=_shade(doors, -32), width=4)
        draw.ellipse([x + 134, 640, x + 150, 656], fill=(212, 178, 90))
    draw.rectangle([40, 466, 1160, 504], fill=(232, 228, 220))
    stove = random.choice((420, 600, 780))
    draw.rectangle([stove - 90, 500, stove + 90, 806], fill=(66, 70, 74))
    draw.rectangle([stove - 66, 590, stove + 66, 760], fill=(36, 38, 42))
    for ring in (-56, 0, 56):
        draw.ellipse([stove + ring - 20, 440, stove + ring + 20, 468], fill=(50, 52, 56))


SCENES: dict[str, tuple[Scene, ...]] = {
    "plumbing": (pipes, tiles),
    "electricity": (panel, painted_wall),
    "painting": (painted_wall, kitchen),
    "kitchens": (kitchen, tiles),
    "gardening": (garden, roof),
    "roofs": (roof, painted_wall),
}


def photograph(trade: str, seed: int) -> ContentFile:
    """A picture of finished work in `trade`, as a JPEG file as a telephone would upload it."""
    random = Random(f"{trade}-{seed}")
    image = Image.new("RGB", SIZE)
    scenes = SCENES[trade]
    scenes[seed % len(scenes)](ImageDraw.Draw(image), random)
    # A little blur and grain take the drawn edge off.
    image = image.resize(KEPT, reducing_gap=2.0).filter(ImageFilter.GaussianBlur(0.8))
    grain = Image.effect_noise(KEPT, 22).convert("RGB")
    return _file(Image.blend(image, grain, 0.06), "JPEG", f"{trade}-{seed}.jpg")


def logo(name: str, seed: int) -> ContentFile:
    """Initials on a coloured ground."""
    random = Random(f"logo-{seed}")
    ground = _shade(random.choice(COOL), -40) if seed % 2 else _shade(random.choice(WARM), -50)
    image = Image.new("RGB", (600, 600), (250, 246, 236))
    draw = ImageDraw.Draw(image)
    if seed % 3:
        draw.ellipse([30, 30, 570, 570], fill=ground)
    else:
        draw.rounded_rectangle([30, 30, 570, 570], 120, fill=ground)
    initials = "".join(word[0] for word in name.split() if word[0].isupper())[:2]
    draw.text((300, 300), initials, font=ImageFont.load_default(250), fill=(252, 240, 206), anchor="mm")
    return _file(image, "PNG", f"logo-{seed}.png")


def _file(image: Image.Image, encoding: str, name: str) -> ContentFile:
    written = io.BytesIO()
    image.save(written, encoding)
    return ContentFile(written.getvalue(), name=name)
