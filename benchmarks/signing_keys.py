"""Makes the keys that signed mailings are measured with."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


async def make(folder: str) -> dict[str, float]:
    """Write `rsa.pem` (2048 bits) and `ed25519.pem` into the folder."""
    _write(Path(folder) / "rsa.pem", generate_private_key(65537, 2048))
    _write(Path(folder) / "ed25519.pem", Ed25519PrivateKey.generate())
    return {}


def _write(file: Path, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
