"""Uploads become pictures of our own: decoded, upright, small, without a word of the original."""

import io
import time

import pytest
from django.core.files.base import File
from PIL import Image, ImageCms, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from profiles import pictures
from profiles.errors import ProfileError
from profiles.pictures import LARGE, MOST_SCANS, THUMBNAIL, read_picture
from tests.profiles.pictures import decoded, encoded, exif, noise, png_that_lies, upload
from tests.together import together

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def read(data):
    return read_picture(upload(data))


def close_to(pixel, expected, by=24):
    return all(abs(one - other) <= by for one, other in zip(pixel, expected, strict=True))


def palette_with_a_hole():
    image = Image.new("P", (30, 30), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (0, 0, 15, 30))
    return image


REFUSED = {
    "words": (b"not a picture", "photo_not_a_picture"),
    "nothing": (b"", "photo_not_a_picture"),
    "svg": (SVG, "photo_not_a_picture"),
    "svg_with_declaration": (b'<?xml version="1.0"?>' + SVG, "photo_not_a_picture"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "photo_not_a_picture"),
    "gif": (encoded(noise(), "GIF"), "photo_not_a_picture"),
    "tiff": (encoded(noise(), "TIFF"), "photo_not_a_picture"),
    "bmp": (encoded(noise(), "BMP"), "photo_not_a_picture"),
    "jpeg_cut_in_the_picture": (encoded(noise())[:-800], "photo_damaged"),
    "jpeg_cut_in_the_header": (encoded(noise())[:200], "photo_damaged"),
    "png_cut": (encoded(noise(), "PNG")[:-900], "photo_damaged"),
    "webp_cut": (encoded(noise(), "WEBP")[:-300], "photo_damaged"),
    "hundred_megapixels": (encoded(Image.new("1", (10_000, 10_000)), "PNG"), "photo_too_large"),
    "ten_gigapixels_in_a_few_bytes": (png_that_lies(100_000, 100_000), "photo_too_large"),
    "more_than_the_library_likes": (png_that_lies(13_000, 13_000), "photo_too_large"),
    "just_too_many_pixels": (png_that_lies(10_000, 5_001), "photo_too_large"),
    "header_without_picture": (png_that_lies(4_000, 4_000), "photo_damaged"),
    "no_width": (png_that_lies(0, 0), "photo_not_a_picture"),
    "thirty_megabytes": (b"\xff\xd8\xff" + bytes(30_000_000), "photo_too_heavy"),
    "moving_webp": (
        encoded(noise(), "WEBP", save_all=True, append_images=[noise(1)]),
        "photo_animated",
    ),
    "moving_png": (
        encoded(noise(), "PNG", save_all=True, append_images=[noise(1)]),
        "photo_animated",
    ),
    "thousands_of_scans": (
        encoded(noise())[:-2] + b"\xff\xda\x00\x02" * (MOST_SCANS + 1) + b"\xff\xd9",
        "photo_damaged",
    ),
}


def test_a_cut_photo_is_refused_whatever_a_library_set_for_the_whole_process(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # As weasyprint does when it is imported.
    with pytest.raises(ProfileError) as refused:
        read(encoded(noise())[:-800])
    assert refused.value.code == "photo_damaged"


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_no_photo_is_refused_with_a_sentence(data, code):
    with pytest.raises(ProfileError) as refused:
        read(data)
    assert (refused.value.code, refused.value.field) == (code, "photo")
    assert len(str(refused.value)) > 30


@pytest.mark.parametrize(
    ("kind", "options", "share"),
    [("JPEG", {}, 1), ("JPEG", {"progressive": True}, 3), ("PNG", {}, 3), ("WEBP", {}, 4)],
)
def test_what_its_decoder_holds_several_times_may_have_fewer_pixels(settings, kind, options, share):
    data = encoded(noise(size=(200, 150)), kind, **options)
    settings.PHOTO_MAX_PIXELS = 30_000 * share
    assert read(data).large
    settings.PHOTO_MAX_PIXELS -= share
    with pytest.raises(ProfileError) as refused:
        read(data)
    assert refused.value.code == "photo_too_large"


def test_a_large_jpeg_is_decoded_at_half_its_size_also_when_it_is_wide(monkeypatch):
    decoded_at = []
    load = JpegImageFile.load
    monkeypatch.setattr(JpegImageFile, "load", lambda image: (decoded_at.append(image.size), load(image))[1])
    read(encoded(Image.new("RGB", (6600, 3000)), "JPEG"))
    assert decoded_at[0] == (3300, 1500)


def test_a_file_too_heavy_is_not_even_read():
    class Huge(File):
        size = 30_000_000

        def read(self, *args):
            raise AssertionError("it was read")

    with pytest.raises(ProfileError) as refused:
        read_picture(Huge(None))
    assert refused.value.code == "photo_too_heavy"


def test_a_file_that_lies_about_its_weight_gains_nothing(settings):
    settings.PHOTO_MAX_BYTES = 1000

    class Liar(File):
        size = 10

    with pytest.raises(ProfileError) as refused:
        read_picture(Liar(io.BytesIO(encoded(noise()))))
    assert refused.value.code == "photo_too_heavy"


def test_what_is_kept_is_webp_of_two_fixed_sizes():
    picture = read(noise(size=(2400, 1200)))
    large, small = decoded(picture.large), decoded(picture.thumbnail)
    assert (large.format, large.size) == ("WEBP", (LARGE, LARGE // 2))
    assert (small.format, small.size) == ("WEBP", (THUMBNAIL, THUMBNAIL // 2))


def test_a_small_picture_is_not_blown_up():
    picture = read(noise(size=(60, 40)))
    assert decoded(picture.large).size == decoded(picture.thumbnail).size == (60, 40)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_word_of_the_metadata_is_kept(kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(noise(), kind, exif=exif(), icc_profile=profile)
    assert b"SecretPhoneMaker" in data
    picture = read(data)
    for kept in (picture.large, picture.thumbnail):
        for trace in (b"SecretPhoneMaker", b"EXIF", b"Exif", b"XMP", b"ICCP", b"ICC_PROFILE"):
            assert trace not in kept
        image = decoded(kept)
        assert dict(image.getexif()) == {}
        assert dict(image.getexif().get_ifd(0x8825)) == {}
        assert not {"exif", "xmp", "icc_profile"} & set(image.info)


def test_what_hangs_behind_a_picture_is_cut_off():
    picture = read(encoded(noise()) + b"<script>alert(1)</script>PK\x03\x04")
    assert b"script" not in picture.large + picture.thumbnail
    assert b"PK\x03\x04" not in picture.large + picture.thumbnail


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_taken_sideways_stands_upright(orientation):
    upright = Image.new("RGB", (120, 80), (200, 30, 30))
    upright.paste((30, 30, 200), (0, 0, 60, 40))  # blue at the top left
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    as_taken = upright.transpose(undo[orientation]) if orientation in undo else upright
    kept = decoded(read(encoded(as_taken, exif=exif(orientation))).large)
    assert kept.size == (120, 80)
    assert close_to(kept.getpixel((20, 15)), (30, 30, 200))
    assert close_to(kept.getpixel((100, 60)), (200, 30, 30))


def test_broken_metadata_says_nothing_against_a_picture():
    data = encoded(noise(), exif=exif())
    at = data.index(b"Exif\x00\x00") + 6
    assert read(data[:at] + b"\x00" * 8 + data[at + 8 :]).content_hash == read(data).content_hash


@pytest.mark.parametrize(
    ("data", "mode"),
    [
        (encoded(noise(mode="CMYK")), "RGB"),
        (encoded(noise(mode="L")), "RGB"),
        (encoded(noise(mode="1"), "PNG"), "RGB"),
        (encoded(noise(mode="P"), "PNG"), "RGB"),
        (encoded(noise(mode="RGBA"), "PNG"), "RGB"),
        (encoded(palette_with_a_hole(), "PNG", transparency=0), "RGBA"),
        (encoded(Image.new("LA", (30, 30), (200, 90)), "PNG"), "RGBA"),
        (encoded(Image.new("RGBA", (30, 30), (9, 9, 9, 90)), "WEBP"), "RGBA"),
        (encoded(noise(), "MPO", save_all=True, append_images=[noise(1)]), "RGB"),
        (encoded(noise(), progressive=True), "RGB"),
    ],
    ids=[
        "cmyk",
        "grey",
        "bits",
        "palette",
        "opaque",
        "palette-hole",
        "grey-alpha",
        "webp-alpha",
        "mpo",
        "progressive",
    ],
)
def test_every_kind_of_pixel_is_kept_as_it_looks(data, mode):
    # The WebP encoder writes an alpha channel only where something shows through.
    assert decoded(read(data).large).mode == mode


def test_cmyk_and_sixteen_bits_look_as_they_did():
    red = decoded(read(encoded(Image.new("RGB", (40, 40), (220, 20, 20)).convert("CMYK"))).large)
    assert close_to(red.getpixel((20, 20)), (220, 20, 20))
    half = Image.new("I;16", (40, 40), 0x8000)
    grey = decoded(read(encoded(half, "PNG")).large)
    assert close_to(grey.getpixel((20, 20)), (128, 128, 128), by=3)


def test_a_broken_colour_profile_costs_no_photo():
    assert read(encoded(noise(), icc_profile=b"nonsense" * 30)).large


@pytest.mark.parametrize(
    "again",
    [
        encoded(noise()),
        encoded(noise(), exif=exif()),
        encoded(noise(), exif=exif(6)),
        encoded(noise(), comment=b"another"),
        encoded(noise(), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
        encoded(noise()) + b"something behind",
        encoded(decoded(encoded(noise())), "PNG"),
        encoded(decoded(encoded(noise())).transpose(Image.Transpose.ROTATE_90), "PNG"),
        encoded(decoded(encoded(noise())).transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG"),
        encoded(decoded(encoded(noise())).convert("RGBA"), "PNG"),
        encoded(decoded(encoded(noise())), "WEBP", lossless=True),
    ],
    ids=[
        "same",
        "exif",
        "turned-by-exif",
        "comment",
        "profile",
        "tail",
        "png",
        "turned",
        "mirrored",
        "alpha",
        "webp",
    ],
)
def test_the_same_photograph_saved_otherwise_is_one_photograph(again):
    """G7: different photos are told apart by what is on them."""
    assert read(again).content_hash == read(encoded(noise())).content_hash


def test_other_photographs_are_others():
    assert len({read(noise(seed)).content_hash for seed in range(8)}) == 8


def test_one_picture_at_a_time_is_decoded(monkeypatch):
    """Fifty million pixels are 200 MB while they are decoded: eight uploads at once must not be eight times that."""
    busy, most = [], []
    convert = pictures._convert

    def watched(image):
        busy.append(image)
        most.append(len(busy))
        time.sleep(0.01)
        picture = convert(image)
        busy.remove(image)
        return picture

    monkeypatch.setattr(pictures, "_convert", watched)
    results = together(*[lambda: read(noise(size=(60, 40)))] * 4)
    assert [type(result) for result in results] == [pictures.Picture] * 4
    assert most == [1, 1, 1, 1]
