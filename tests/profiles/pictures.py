"""Files that people, and people who mean harm, upload."""

import io
import random
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

MEXICO_CITY = (19.0, 25.0, 42.0)


def noise(seed: int = 0, size: tuple[int, int] = (240, 160), mode: str = "RGB") -> Image.Image:
    """A picture in which no two places look alike, upright or turned."""
    source = random.Random(seed)
    small = Image.frombytes("RGB", (12, 8), source.randbytes(12 * 8 * 3))
    return small.resize(size, Image.Resampling.BICUBIC).convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def upload(data: bytes | Image.Image, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, encoded(data) if isinstance(data, Image.Image) else data)


def exif(orientation: int = 1) -> Image.Exif:
    """What a telephone writes: which way up, who made it, and where."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = "SecretPhoneMaker"
    found.get_ifd(0x8825).update({1: "N", 2: MEXICO_CITY, 3: "W", 4: (99.0, 7.0, 59.0)})
    return found


def png_that_lies(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header speaks of a large picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
