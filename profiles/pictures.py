"""Turning a file from a stranger into pictures of our own: decoded, upright, small, without a word of the original.

The order matters. The size in bytes is asked before anything is read, the size in pixels before anything is
decoded; only JPEG, PNG and WebP decoders are ever reached; and what is kept is encoded anew from the pixels, so
that neither metadata (a photo's GPS position must not leak) nor anything appended to the file survives.
"""

import hashlib
import logging
import threading
from dataclasses import dataclass
from io import BytesIO

from django.conf import settings
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageFile, UnidentifiedImageError

from profiles.errors import ProfileError

LARGE = 1600  # pixels of the longer side
THUMBNAIL = 480
FORMATS = ("JPEG", "PNG", "WEBP")
# A progressive JPEG of a few kilobytes can ask for the whole picture to be worked through thousands of times.
MOST_SCANS = 100
_SCAN = b"\xff\xda"

logger = logging.getLogger(__name__)

# Up to some 200 MB are held while one picture is being decoded: one at a time in a process.
_decoding = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of an upload: two WebP files, and a hash of the pixels of the larger one (G7)."""

    large: bytes
    thumbnail: bytes
    content_hash: str
    width: int
    height: int


def read_picture(upload: File, *, field: str = "photo") -> Picture:
    """Decodes an upload. Raises ProfileError with `field`.

    Codes: "photo_too_heavy", "photo_too_large" (pixels), "photo_not_a_picture", "photo_animated",
    "photo_damaged". Needs no database, so call it before a transaction begins.
    """
    data = _bytes_of(upload, field)
    try:
        with _decoding, Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_before_decoding(image, data, field)
            return _convert(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(field, settings.PHOTO_MAX_PIXELS) from error
    except UnidentifiedImageError as error:
        raise ProfileError(
            "photo_not_a_picture",
            _("This file is not a JPEG, PNG or WebP picture. Save it as one of these and choose it again."),
            field=field,
        ) from error
    except ProfileError:
        raise
    except MemoryError as error:
        raise _too_large(field, settings.PHOTO_MAX_PIXELS) from error
    except Exception as error:  # Decoders of damaged files raise whatever they stumble over.
        logger.info("An upload could not be decoded: %r", error)
        raise _damaged(field) from error


def _bytes_of(upload: File, field: str) -> bytes:
    most = settings.PHOTO_MAX_BYTES
    data = b""
    if upload.size <= most:
        upload.seek(0)
        data = upload.read(most + 1)  # A size that lies gains nothing.
    if upload.size > most or len(data) > most:
        raise too_heavy(field)
    return data


def too_heavy(field: str) -> ProfileError:
    """What is said of a file of more bytes than a photo may have."""
    return ProfileError(
        "photo_too_heavy",
        _("This file is too heavy: a photo may have up to %(most)s. Save it smaller and choose it again.")
        % {"most": filesizeformat(settings.PHOTO_MAX_BYTES)},
        field=field,
    )


def _check_before_decoding(image: Image.Image, data: bytes, field: str) -> None:
    """Everything that the header gives away. Opening an image reads its header alone."""
    most = settings.PHOTO_MAX_PIXELS // _share(image)
    if image.width * image.height > most:
        raise _too_large(field, most)
    # MPO is a JPEG with more pictures behind the first, as many telephones write it: the first is the photo.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise ProfileError(
            "photo_animated", _("This picture moves. Please choose one that stands still."), field=field
        )
    if image.format in ("JPEG", "MPO") and data.count(_SCAN) > MOST_SCANS:
        raise _damaged(field)


def _share(image: Image.Image) -> int:
    """What part of the pixels that a photo may have fits into the same memory in this format.

    A JPEG is decoded at a part of its size; a progressive one is held whole before that, a PNG with what shows
    through twice, and the WebP decoder holds the picture several times over.
    """
    if image.format in ("JPEG", "MPO"):
        return 3 if image.info.get("progressive") else 1
    return 4 if image.format == "WEBP" else 3


# What the eight values of EXIF's orientation ask for.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _convert(image: Image.Image) -> Picture:
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    if image.format in ("JPEG", "MPO"):
        # Decodes at half or a quarter where that is still large enough: a tenth of the memory and time.
        share = min(1, 2 * LARGE / max(image.size))
        image.draft(None, (int(image.width * share), int(image.height * share)))
    # weasyprint switches this on for the whole process when it is imported; a photo that was cut is refused.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    image.load()
    small = _shrunk(image)
    plain = _plain(small)
    content_hash = _content_hash(plain)
    shown = _in_srgb(small, plain, profile)
    if orientation in _TURNS:
        shown = shown.transpose(_TURNS[orientation])
    thumbnail = shown.copy()
    thumbnail.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return Picture(_webp(shown), _webp(thumbnail), content_hash, *shown.size)


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(0x0112, 1)
    except Exception:  # Broken metadata is thrown away with the rest; it says nothing against the picture.
        return 1


def _shrunk(image: Image.Image) -> Image.Image:
    """At most `LARGE` on a side, before anything else is done with it: what follows works on few pixels."""
    if image.mode.startswith("I;16"):
        # Pillow cuts sixteen bits off at 255 instead of scaling them; the high byte is what a screen shows.
        image = Image.frombytes("L", image.size, image.tobytes("raw", "I;16B")[::2])
    elif image.mode not in ("RGB", "RGBA", "L", "CMYK"):
        image = _plain(image)
    image.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image


def _plain(image: Image.Image) -> Image.Image:
    """In RGB or, if anything shows through, RGBA, without regard to colour profiles."""
    plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if plain.mode == "RGBA" and plain.getchannel("A").getextrema() == (255, 255):
        return plain.convert("RGB")  # Nothing shows through after all.
    return plain


def _in_srgb(image: Image.Image, plain: Image.Image, profile: bytes | None) -> Image.Image:
    """`plain`, but in the colours that the file's own profile means: what is kept has none."""
    if not profile or image.mode not in ("RGB", "L", "CMYK"):
        return plain
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        shown = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return plain  # A broken profile costs a shade of colour, not the photo.
    return shown or plain


_SRGB = ImageCms.createProfile("sRGB")


def _content_hash(plain: Image.Image) -> str:
    """The same for one photograph, whichever way up it is saved, and whatever its file says about it.

    Taken before the file's orientation and colour profile are applied, and the least of all eight positions, so
    that a copy whose metadata was cut off, or that was turned on its side, is still the same photograph (G7).
    """
    positions = [plain, *(plain.transpose(turn) for turn in _TURNS.values())]
    return min(
        hashlib.sha256(f"{each.mode} {each.width} {each.height} ".encode() + each.tobytes()).hexdigest()
        for each in positions
    )


def _webp(image: Image.Image) -> bytes:
    # A new image: what hangs on the old one's `info` (EXIF, XMP, profile) is not handed to the encoder.
    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    out = BytesIO()
    bare.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def _too_large(field: str, most: int) -> ProfileError:
    return ProfileError(
        "photo_too_large",
        _(
            "This picture has too many pixels: up to %(most)d million fit. Save it smaller and choose it again."
        )
        % {"most": most // 1_000_000},
        field=field,
    )


def _damaged(field: str) -> ProfileError:
    return ProfileError(
        "photo_damaged",
        _(
            "This picture is damaged or incomplete. Open it, save it anew as JPEG or PNG, and choose it again."
        ),
        field=field,
    )
