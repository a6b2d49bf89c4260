"""Header blocks as the tests want them: checked, and in one piece."""

from __future__ import annotations

from digest.mail.heading import CohortHeading, CopyHeaders, ReaderHeading, check_names


def header_block_of(cohort: CohortHeading, reader: ReaderHeading) -> bytes:
    check_names(reader)
    return b"".join(CopyHeaders(cohort).pieces(reader))
