"""Formats of pictures: those that are read, those that an extra reads, and what to do about others.

Suffixes say what a folder holds; what a file is says its first bytes alone.
"""

import codecs
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

READ = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo", ".jps", ".insp"),
        *(".png", ".apng", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".avif", ".avifs"),
        *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".pbm", ".pgm", ".pnm", ".ppm"),
        *(".cur", ".dds", ".icns", ".ico", ".pcx", ".qoi", ".sgi", ".tga"),
    }
)
"""Suffixes of pictures that are read as they are."""


class Extra(NamedTuple):
    """A format that a plugin of Pillow's reads.

    Attributes:
        name: of the format and of XShot's extra, in capitals.
        opener: Pillow's name of it.
        module: of the plugin, which registers itself with `register` or as it is imported.
        register: its function that does so; "" = none.
        suffixes: of its files.
    """

    name: str
    opener: str
    module: str
    register: str
    suffixes: tuple[str, ...]


_HEIC = (".heic", ".heif", ".hif", ".heics", ".heifs")
EXTRAS = (
    Extra("HEIC", "HEIF", "pillow_heif", "register_heif_opener", _HEIC),
    Extra("JXL", "JXL", "pillow_jxl", "", (".jxl",)),
)

_EXPORT = "export it as JPEG or PNG"
_ARCHIVE = "an archive; unpack it"
_RAW = (
    ".3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .iiq .kdc .mef .mos .mrw .nef .nrw .orf .pef .raf "
    ".raw .rw2 .rwl .sr2 .srf .srw .x3f"
)
_VIDEO = ".3gp .avi .m4v .mkv .mov .mp4 .mpeg .mpg .mts .webm .wmv"
_DRAWING = ".ai .cdr .eps .emf .pdf .ps .svg .svgz .wmf"
_PROJECT = ".afphoto .indd .kra .psb .psd .xcf"
_RARE = ".bpg .dcm .exr .fits .hdp .hdr .jxr .wdp"
_ARCHIVES = ".7z .bz2 .cbz .gz .rar .tar .tgz .xz .zip .zst"
_UNFINISHED = ".crdownload .download .opdownload .part .partial"

OTHER: dict[str, str] = {
    **dict.fromkeys(_RAW.split(), f"a camera's raw file; {_EXPORT}"),
    **dict.fromkeys(_VIDEO.split(), "a video; save frames of it as pictures"),
    **dict.fromkeys(_DRAWING.split(), f"a drawing or document; {_EXPORT}"),
    **dict.fromkeys(_PROJECT.split(), f"a project of a picture editor; {_EXPORT}"),
    **dict.fromkeys(_RARE.split(), f"of a format that is not read; {_EXPORT}"),
    **dict.fromkeys(_ARCHIVES.split(), _ARCHIVE),
    **dict.fromkeys(_UNFINISHED.split(), "an unfinished download; download it again"),
    ".icloud": "a placeholder of iCloud; download the picture",
}
"""Suffixes of what people keep beside pictures and may take for them, and what to do about it."""

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_VIDEO_BRANDS = (
    *(b"qt  ", b"mp41", b"mp42", b"isom", b"iso2", b"M4V ", b"3gp4", b"3gp5", b"avc1"),
    b"AVI ",
)
_JXL_STARTS = (b"\xff\x0a", b"\0\0\0\x0cJXL ")
_RAW_STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
_STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",  # BigTIFF
    b"MM\x00+": "TIFF",
    b"\x00\x00\x00\x0cjP": "JPEG2000",
    b"\xff\x4f\xff\x51": "JPEG2000",
    **dict.fromkeys((b"P%d" % kind for kind in range(1, 7)), "PPM"),
    **dict.fromkeys(_JXL_STARTS, "JXL"),
    b"DDS ": "DDS",
    b"icns": "ICNS",
    b"\0\0\1\0": "ICO",
    b"\n\5\1": "PCX",
    b"qoif": "QOI",
    b"\1\xda": "SGI",
    **dict.fromkeys((b"\0\0\2\0", b"\0\0\3\0", b"\0\0\n\0"), "TGA"),
}
"""How files of a format start, by Pillow's names."""
_PAGE = "a web page, as a failed download leaves one; download the picture again"
_SHORTCUT = "a shortcut, not the picture; copy the picture itself"
_TEXT = "a text, not a picture, such as a failed download leaves; get the picture again"
_WORDS = (
    *((start, f"an SVG drawing; {_EXPORT}") for start in (b"<svg", b"<!doctype svg")),
    *((start, _PAGE) for start in (b"<!doctype html", b"<html")),
    (b"<?xml", "an XML file, such as a failed download leaves; get the picture again"),
    *((start, _ARCHIVE) for start in (b"\x1f\x8b", b"rar!", b"7z\xbc\xaf", b"bzh", b"\xfd7zxz")),
    *(
        (start, _SHORTCUT)
        for start in (b"l\0\0\0\x01\x14\2\0", b"book\0\0\0\0mark", b"[internetsh")
    ),
    (b"data:image/", "a picture written as text; decode its base64"),
    *((start, OTHER[".mkv"]) for start in (b"\x1ae\xdf\xa3", b"\0\0\1\xba", b"\0\0\1\xb3")),
    *((start, OTHER[".exr"]) for start in (b"v/1\x01", b"ii\xbc\x01", b"bpg\xfb", b"#?radiance")),
    (b"gimp xcf", OTHER[".xcf"]),
    (b"bplist00", OTHER[".icloud"]),
    (b"\0\x05\x16\x07", "what macOS keeps beside a file, not the file; remove it"),
    (b"outs:", "a pointer of DVC, not the picture; type `dvc pull`"),
    (b"%pdf", f"a PDF document; {_EXPORT}"),
    (b"%!ps", f"a PostScript drawing; {_EXPORT}"),
    (b"\xc5\xd0\xd3\xc6", f"a PostScript drawing; {_EXPORT}"),
    (b"pk\x03\x04", "a ZIP archive; unpack it"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the picture; type `git lfs pull`"),
)
_SPACES = dict.fromkeys(map(ord, "\ufeff\t\r\n\f"), " ")
HEADER = 256
"""Bytes that tell what a file is."""


def readable() -> frozenset[str]:
    """Suffixes of pictures that are read here and now, extras that are installed included."""
    return READ.union(*(extra.suffixes for extra in EXTRAS if _registered(extra)))


def extra_openers() -> tuple[str, ...]:
    """Pillow's names of the formats whose extras are installed."""
    return tuple(extra.opener for extra in EXTRAS if _registered(extra))


def why_not(suffix: str) -> str | None:
    """What files of a suffix are and what to do, if they are pictures, or nearly, but not read."""
    for extra in EXTRAS:
        if suffix in extra.suffixes and not _registered(extra):
            return _install(extra)
    return OTHER.get(suffix)


def is_known(start: bytes) -> bool:
    """Whether a file that starts so is of a format that is read here."""
    return what_else(start) is None and format_of(start) is not None


def format_of(start: bytes) -> str | None:
    """Pillow's name of the format that a file starts as; None = of none that is read."""
    if start[4:8] == b"ftyp":
        return "AVIF" if b"avi" in start[8:40] else "HEIF"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    return next((name for word, name in _STARTS.items() if start.startswith(word)), None)


def what_else(start: bytes) -> str | None:
    """What a file that starts so is and what to do, if it is known not to be read here."""
    if not any(start):
        what = "nothing but zeros, as a broken copy leaves" if start else "empty, 0 bytes"
        return f"{what}; get it again"
    brand = start[8:12] if start[4:8] == b"ftyp" or start[:4] == b"RIFF" else b""
    extra = None
    if brand in _HEIC_BRANDS and b"avi" not in start[16:40]:
        extra = EXTRAS[0]
    elif start.startswith(_JXL_STARTS):
        extra = EXTRAS[1]
    if extra is not None:
        return None if _registered(extra) else _install(extra)
    if start[128:132] == b"DICM":
        return OTHER[".dcm"]
    if brand in _VIDEO_BRANDS:
        return OTHER[".mp4"]
    if brand == b"crx " or start[8:10] == b"CR" or start.startswith(_RAW_STARTS):
        return OTHER[".cr2"]
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<?xml", b"<!--")) and b"<svg" in text:
        text = b"<svg"
    if b"annex/objects/" in text:
        return "a pointer of git-annex, not the picture; type `git annex get`"
    told = next((told for word, told in _WORDS if text.startswith(word)), None)
    return _TEXT if told is None and format_of(start) is None and _is_text(start) else told


def _is_text(start: bytes) -> bool:
    """Whether these are the first bytes of a text in UTF-8."""
    try:
        return (
            codecs.getincrementaldecoder("utf-8")().decode(start).translate(_SPACES).isprintable()
        )
    except UnicodeDecodeError:
        return False


def _install(extra: Extra) -> str:
    return (
        f"{extra.name}, which Pillow reads with a plugin only; type "
        f"`pip install -e '.[{extra.name.lower()}]'` in the checkout, or {_EXPORT}"
    )


_FOUND: dict[str, bool] = {}


def _registered(extra: Extra) -> bool:
    """Whether Pillow reads the format; its plugin is loaded with the first question."""
    if extra.name not in _FOUND:
        _FOUND[extra.name] = False
        with suppress(ImportError):
            plugin = import_module(extra.module)
            if extra.register:
                getattr(plugin, extra.register)()
            _FOUND[extra.name] = True
    return _FOUND[extra.name]
