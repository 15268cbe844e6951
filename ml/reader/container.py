"""What every kind of file says of its picture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

Strip = Callable[[int, int], Image.Image]


@dataclass(frozen=True)
class Decoded:
    """A decoded picture that is handed out in strips of rows, from a top to a bottom.

    `whole` is the same as one image of Pillow's, where there is one; `shrunk` is by how much the
    decoder has shrunk it.
    """

    width: int
    height: int
    strip: Strip
    whole: Image.Image | None = None
    shrunk: int = 1


@dataclass(frozen=True)
class Container(ABC):
    """What a file says of its picture, read without decoding a pixel.

    `picture` is what the decoder gets, without the texts around it; `said` are these texts, and
    `end` is where the file should end. `orientation` is 1 to 8, as EXIF counts.
    """

    width: int
    height: int
    picture: bytes
    said: tuple[bytes, ...]
    end: int
    orientation: int = 1
    profile: bytes = b""
    is_grey: bool = False
    is_animated: bool = False

    @property
    def pixels(self) -> int:
        """Return the number of pixels."""
        return self.width * self.height

    @property
    @abstractmethod
    def shrinks(self) -> tuple[int, ...]:
        """Return the parts of its size at which this picture can be read: 2 is a half."""

    @abstractmethod
    def memory(self, shrink: int) -> float:
        """Return about how many bytes it takes to decode the picture and shrink it."""

    @abstractmethod
    def decode(self, shrink: int) -> Decoded:
        """Decode the picture; a decoder that can only decode the whole leaves it as large."""


def whole_picture(image: Image.Image, shrunk: int = 1) -> Decoded:
    """Hand out an image of Pillow's."""
    image.load()

    def strip(top: int, bottom: int) -> Image.Image:
        return image.crop((0, top, image.width, bottom))

    return Decoded(image.width, image.height, strip, image, shrunk)
