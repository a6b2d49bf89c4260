"""Pictures for tests: small real ones of each kind, and larger ones made on the spot."""

from __future__ import annotations

import random
import struct
import zlib
from base64 import b64decode
from typing import Final

#: A boat of 160 x 100 pixels: JPEG by lines and by layers, WebP with losses, without, and seen through.
JPEG: Final = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdB"
    "RkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
    "T09PT09PT09PT09PT0//wAARCABkAKADASIAAhEBAxEB/8QAGgABAQEBAQEBAAAAAAAAAAAAAAQFBgIDB//EADgQAQAAAwUE"
    "BAsJAAAAAAAAAAABAgMEERNTkgUSFKIWMVHRByE1QUVUdIOjssIiIzRDYXKBscH/xAAaAQEAAgMBAAAAAAAAAAAAAAAAAwQB"
    "AgUG/8QAJxEBAAIBAwQABgMAAAAAAAAAAAECAxVSkQQTFDEFERIyUWEhQXH/2gAMAwEAAhEDEQA/AOaAXVAAAAAAAAAAAAAA"
    "AAAAAAAAAAABZs/ZVu2nicFQxcO7e+3LLdffd1xh2RJn5eyI+fpGNnottv1L4snedFtt+pfFk72v11/Lb6LfhjD3WpT0K9Sj"
    "Vl3alOaMs0L77owjdF4bNQAAAAAAAAAAAAAB2Xg+9Ie7+pxrsvB96Q939SPL9kpMX3w7EBTXH5Rtny1b/aKnzRRrNs+Wrf7R"
    "U+aKNfj0oT7AGWAAAAAAAAFmz6FOtiYku9ddd44w7VnBWbL5op9lfm/x/rQcbq8uSuaYi08/p6LoMGK3T1m1Ymf5/r9yn4Kz"
    "ZfNE4KzZfNFQK3fy7p5W/Gw7I4hPwVmy+aLR2TbJtkYvCUqf3t29v3x6r7vP+qYO9k3TyeNh2Rw2ekttyrPpm7zpLbcqz6Zu"
    "9jB3r/k8bFtfO0UKNptNWvUpw36s8Z5roxuvjG+PnfPgrNl80VAd/Lunk8bDsjiE/BWbL5onBWbL5oqA7+XdPJ42HZHEJ+Cs"
    "2XzROCs2XzRUB38u6eTxsOyOIT8FZsvmimt9npUaMJqcl0YzXdceyLRR7T/DS/vh/UU/T5ck5axNp5V+rwYq4LTFYif8hlgO"
    "280AAu2bUkkxN+eWW+66+N3aux6OdT1QYYpZeirkvN5n26OD4jbDjikV9NzHo51PVAx6OdT1QYYj06u5Lq99sNzHo51PVAx6"
    "OdT1QYYadXcavfbDcx6OdT1QMejnU9UGGGnV3Gr32w3MejnU9UDHo51PVBhhp1dxq99sNzHo51PVAx6OdT1QYYadXcavfbDc"
    "x6OdT1QMejnU9UGGGnV3Gr32w3MejnU9UEu0atOehLCSeWaO91Qjf5os0b4+hrS0WifSPN8SvlpNJr7AF5zQAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAH/9k="
)

PROGRESSIVE: Final = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdB"
    "RkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
    "T09PT09PT09PT09PT0//wgARCABkAKADASIAAhEBAxEB/8QAGQABAQEBAQEAAAAAAAAAAAAAAAMEBQIG/8QAGQEBAAMBAQAA"
    "AAAAAAAAAAAAAAEDBAIF/9oADAMBAAIQAxAAAAHmC7OAAAAAAAAAAAALEW1E4nrzMAAAAAAAOzxuzz12RTd8nG0dFAIAAAAt"
    "aejH6M1FV09MhtYh580E1BNQTnojZXlG3zAL3wqdO5hc9bmEbmEbmEbmEbmEbpZk8hfmAAAAAAAAAAAAAAAAAAAA/8QAIxAA"
    "AgICAQMFAQAAAAAAAAAAAAECEQMSFAUQIBMwM0BgMv/aAAgBAQABBQL8HjxTyHFzHFzDVP6HT++b5vodP75vm9vGkzSJpE0i"
    "aRMU/SOTM5MySUpaRNImkTSJpE0iTikvDF7+T+fDGy0Wi0Wi0Wi0Wi0Wi0Wi0WjI1X5L/8QAIREAAQMEAgMBAAAAAAAAAAAA"
    "AgABUQMRExQEMBAhMUD/2gAIAQMBAT8B7rP0j96KAC9NrssYQsYQsYwsYQsYQsYQqoCwP68hyHAbWW28LbeFtvC23hbbwtt4"
    "R8lya1vzf//EACARAAEDBAIDAAAAAAAAAAAAAAEAAlEDERIUMDEQIUD/2gAIAQIBAT8B5rjhd1wVXOD+1m6Vm6VmVm6Vm6Vm"
    "6VTc7Ie/LqIcbrXErXErXErXErXErXEptAA3+b//xAAkEAADAAACCwEAAAAAAAAAAAAAATECEQMQEiAhMkBgcoGhMP/aAAgB"
    "AQAGPwLsN7CzyOT6cn0adXQ6T1rx+T6HSetePyf6PMhCEHspcSYSYRtqkIQhCHDdfSMqKioqKioqKioqKioqKu1P/8QAIxAA"
    "AgIBAgYDAAAAAAAAAAAAAAHw8REhQBAgUWBxgTAxQf/aAAgBAQABPyHsPyZNUiJCJBy1hmHsYPfGM67GD3xjOvyaKZIGQMgZ"
    "Ax3mjJQMoGasRssgZAyBkDIGQMzNP3aH1eeVS1NIvi+L4vi+L4vi+L4vi+L4vi+GFw09e0//2gAMAwEAAgADAAAAEP8A/wD/"
    "AP8A/wD/AP8A/wD/AP8A/Pf/AP8A/wD/AP8A/wAPz/8A/wD/AP3647776z//AM999999/wD/AP8A/wD/AP8A/wD/AP8A/wD/"
    "AP8A/wD/AP8A/wD/AP/EACARAAMAAgEEAwAAAAAAAAAAAAABYTGREBEgITBAQXH/2gAIAQMBAT8Q9qXXBL04+HnufCG/P1WS"
    "6RLrjS6RLpEukPpIn+LlYXAmJiYmJiYZ3y+N/8QAHREAAQQDAQEAAAAAAAAAAAAAAQAxYZEQIDARQP/aAAgBAgEBPxDqT46m"
    "4v4DbHABXCnWpFqVTrU61OtFCJXk5MvvJJIBAW+b/8QAJRAAAgEDAwQCAwAAAAAAAAAAAAERUfDxMUHBIDBAYCHRYaGx/9oA"
    "CAEBAAE/EPQ6K7ZJmNWqMv8A3l/7yXkCJmGnD8SLpV4kXSrubIER8tVLzF5i8xeYoPdV6TG/5L45L45EvJ8TcS3L3LzF5i8x"
    "eYvMXmFSC3DV0fTx89/9b/H06myIlxUxAxAxAxAxAxAxAxAxAxAxAxAxAxAWzzYnOz9T/9k="
)

LOSSY: Final = b64decode(
    "UklGRlwBAABXRUJQVlA4IFABAADwDACdASqgAGQAPtFiqk8oJaQiKhxYAQAaCWNu3V7Spn4DT/0wH4AxTfPzbkzqwoD+KX26"
    "3yVuobY2vTFsk7pk3z7qsRxvkou+h2jta/Sp463LsWBbM3aUNsI1/ovsQjSHSZHI1Ct//3eB/JO7u7mAAP7svv+5GbyFv6iX"
    "wUg42tb5oV69Psr6wG5yWjFvNl/WbbNxCANZEN04Byv1KpH/mmBuIAczToa1QnPxdc0d5BMDFzMKB0QHrpbkP8dihb/3tmU8"
    "2hYOCAWJ9Mv7YAijj0hdvDkN5//KPZmh6BpP8e1sNt9lPykASwUiNKBFiWde/32QZZICLoNDoDcqX4WbdUVG0Zaa1R0uU26C"
    "doKcmB9ZFkdHbvX7biBQ/cpsEUabJ6lvlMJMm9/Wa0SXtFhe2/uyXisb8/CuucV9r3KE+MnfTK3pdzQjxYAAAAAAAAA="
)

LOSSLESS: Final = b64decode(
    "UklGRlAAAABXRUJQVlA4TEMAAAAvn8AYABcgEEikYx5hFrFgIjh/hK4ghATJO5L/k2PmP+rOMKhpJAVCJOcRsPn3RxXR/wmI"
    "71Wy8QGGhWLpJ7cM8IICAA=="
)

SEEN_THROUGH: Final = b64decode(
    "UklGRnYBAABXRUJQVlA4WAoAAAAQAAAAnwAAYwAAQUxQSBEAAAABB1DkiAgDkBD+/1ci+p86BwBWUDggPgEAANAMAJ0BKqAA"
    "ZAA+0WKqTyglpCIqHFgBABoJY27dX6Z6niP4BRgPwBirefj3JnVgwH8UrgXPJ9iwF7nAva3yUDvI0SE+q3Rd8vJ4A6RF6pLb"
    "iQKiPpXQmIWubZ9F9iEaQ6TI5GoVv/+7wP5J3d3cwAD+7L7/aOUIN/p9/Ftk/gNtxC08Nn8wG7uODlCKfIORUIuOqwszpW09"
    "PLJoGRzzbDnm4XHaYHJJ/B2nTIYBxt3tav8hTvusEBLFoWCn5tRGzv/CUa449IXQq3Dd//qjyZhx6ioe04j8TNz1LlqwU4Hg"
    "szUcUoxVSiiw9zLJARdBodAa6Lr7PZuyJz9DdIw3aPiTzVvG0R4ox8qviPvSmXjGwT22Ea30KgRUCujbQxGyDObmuPxJPQaA"
    "0OeT/hFwA1ivRqVgMbUt+PwAAAAAAA=="
)


def png(width: int = 160, height: int = 100, *, grey: int = 90, seed: int | None = None) -> bytes:
    """A picture of one grey, or with a `seed` of noise, of which each pixel takes a byte."""
    if seed is None:
        lines = bytes([0, *[grey] * width]) * height
    else:
        noise = random.Random(seed)
        lines = b"".join(b"\0" + noise.randbytes(width) for _line in range(height))
    return png_of(png_header(width, height), (b"IDAT", zlib.compress(lines)))


def png_header(width: int, height: int) -> tuple[bytes, bytes]:
    """The chunk that says how large a grey picture is, whatever follows."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """A file of these chunks and an end, each with its checksum."""
    written = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*chunks, (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def gif(width: int = 160, height: int = 100, *, frames: int = 1, frame_width: int | None = None) -> bytes:
    """A picture of two colours, whose frames may say another width; what they draw is not looked at."""
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(3) + b"\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, frame_width or width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + screen + b"\x21\xf9\x04\x00\x00\x00\x00\x00" + frame * frames + b"\x3b"
