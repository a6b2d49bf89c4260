"""Certificates made for a test run, and letters to post."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.mail.lane import Letter


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for one name, as the server and as the client use it."""

    pem: Path
    key: Path

    def for_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem, self.key)
        return context

    def trusted(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.load_verify_locations(self.pem)
        return context


def make_certificate(folder: Path, name: str) -> Certificate:
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is not installed, so no certificate can be made")
    certificate = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    command += ["-keyout", str(certificate.key), "-out", str(certificate.pem)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate


@pytest.fixture(scope="session")
def localhost_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificates"), "localhost")


@pytest.fixture(scope="session")
def strangers_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificates"), "elsewhere.example")


@pytest.fixture
def letter() -> Letter:
    content = b"Subject: News\r\nMessage-ID: <1.2.abc@news.example>\r\n\r\nAll is well.\r\n"
    return Letter("bounces+2.mac@news.example", "ann@reader.example", (content,), vouched=True)
