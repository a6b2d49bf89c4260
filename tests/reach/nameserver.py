"""A real name server in the process: answers over UDP what a test has written under names."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any, Final

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

#: By name, the records as `KIND VALUE`; texts without quotes.
Zone = Mapping[str, list[str]]
#: Instead of records: no answer at all, or one that says that there can be none.
SILENCE: Final = "silence"
FAILS: Final = "fails"


class NameServer(socketserver.ThreadingUDPServer):
    """Listens on a free port of this machine."""

    daemon_threads = True

    def __init__(self, zone: Zone) -> None:
        super().__init__(("127.0.0.1", 0), _Question)
        self.zone = {name.lower(): records for name, records in zone.items()}
        #: what was asked for, in the order in which it came
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        """As `--resolver` takes it."""
        host, port = self.server_address[:2]
        return f"{host!s}:{port}"

    def reply(self, raw: bytes) -> bytes | None:
        """The answer to a question; None for silence."""
        asked = dns.message.from_wire(raw)
        (question,) = asked.question
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{kind} {name}")
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        records = self.zone.get(name)
        if records == [SILENCE]:
            return None
        if records is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif records == [FAILS]:
            answer.set_rcode(dns.rcode.SERVFAIL)
        else:
            found = [value for one in records for its, _, value in [one.partition(" ")] if its == kind]
            if found:
                texts = [_quoted(value) if kind == "TXT" else value for value in found]
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
        return answer.to_wire()


def _quoted(text: str) -> str:
    """A text of any length: strings of 255 signs at most, one behind the other."""
    return " ".join(f'"{text[place : place + 255]}"' for place in range(0, len(text), 255))


class _Question(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        raw, socket = self.request
        server: Any = self.server
        answer = server.reply(raw)
        if answer is not None:
            socket.sendto(answer, self.client_address)


@contextmanager
def name_server(zone: Zone) -> Iterator[NameServer]:
    """The server, until the block ends."""
    with NameServer(zone) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
