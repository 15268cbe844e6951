"""HEIC files for tests: small ones by the encoder, large ones put together from one tile."""

import io
import struct

import pillow_heif

pillow_heif.register_heif_opener()

TILE = 512  # pixels, as telephones cut their photographs


def heic(image, **options):
    """Encode a picture as HEIC."""
    out = io.BytesIO()
    image.save(out, "HEIF", **options)
    return out.getvalue()


def tiled(image, columns, rows, size):
    """Build a HEIC of this size from one tile of 512 x 512 pixels, repeated."""
    assert image.size == (TILE, TILE)
    one = heic(image)
    decoder = _property(one, b"hvcC")
    coded = one[one.index(b"mdat") + 4 :]
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size)
    tiles = list(range(1, columns * rows + 1))
    whole = len(tiles) + 1
    entries = [(tile, b"hvc1", 1) for tile in tiles] + [(whole, b"grid", 0)]
    items = b"".join(
        _box(b"infe", struct.pack(">BBHHH4sx", 2, 0, hidden, item, 0, kind))
        for item, kind, hidden in entries
    )
    properties = _box(b"ipco", decoder + _extent(TILE, TILE) + _extent(*size))
    ties = b"".join(struct.pack(">HBBB", tile, 2, 0x81, 2) for tile in tiles)
    ties += struct.pack(">HBB", whole, 1, 3)
    links = struct.pack(f">HH{len(tiles)}H", whole, len(tiles), *tiles)

    def meta(start):
        places = [(tile, start, len(coded)) for tile in tiles]
        places.append((whole, start + len(coded), len(grid)))
        located = b"".join(
            struct.pack(">HHHII", item, 0, 1, place, length) for item, place, length in places
        )
        return _box(
            b"meta",
            bytes(4)
            + _box(b"hdlr", bytes(8) + b"pict" + bytes(13))
            + _box(b"pitm", struct.pack(">IH", 0, whole))
            + _box(b"iinf", struct.pack(">IH", 0, len(entries)) + items)
            + _box(b"iref", bytes(4) + _box(b"dimg", links))
            + _box(
                b"iprp",
                properties + _box(b"ipma", struct.pack(">II", 0, len(entries)) + ties),
            )
            + _box(b"iloc", struct.pack(">IBBH", 0, 0x44, 0, len(entries)) + located),
        )

    head = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + _box(b"mdat", coded + grid)


def _box(kind, body):
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _extent(width, height):
    return _box(b"ispe", struct.pack(">III", 0, width, height))


def _property(data, kind):
    start = data.index(kind) - 4
    return data[start : start + int.from_bytes(data[start : start + 4], "big")]
