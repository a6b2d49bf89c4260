"""When two items are the same briefing, and when it has changed."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.model import DraftBriefing
from digest.ingest.folding import fold
from digest.ingest.identity import body_key, content_key, title_key
from digest.ingest.sources import canonical_source, source_key
from subscribers.model import Section

DAY = date(2024, 5, 3)
DRAFT = DraftBriefing(
    "Harbor’s Gates Open", ("“Ships” came in.", "More — soon."), source="VOA", source_date=DAY
)

ANY_TEXT = st.text(st.characters(codec="utf-8"))


# --- folding ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("China’s “plan”", 'china\'s "PLAN"'),
        ("a – b — c ‑ d", "a - b - c - d"),
        ("two\u00a0 words\n here ", "two words here"),
        ("Ｆｕｌｌ width １２", "full width 12"),
        ("caf\u00e9", "cafe\u0301"),
        ("Straße", "STRASSE"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("wait…", "wait..."),
        ("「开放」", '"开放"'),
    ],
)
def test_what_nobody_would_call_a_difference_is_folded_away(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("a-b", "ab"), ("a b", "ab"), ("10", "100"), ("开", "开放"), ("é", "e")]
)
def test_real_differences_stay(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(ANY_TEXT)
@example("ͅ´ῼ")
@example("¨`")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


# --- keys ---------------------------------------------------------------------------------------------------


def test_keys_are_the_same_on_every_machine_and_in_every_version() -> None:
    # these stand in stores: another way of making them takes a migration
    assert title_key("Harbor Opens", "VOA", DAY) == "deffeb1af25350c1266cb1f81081f0f4"
    assert body_key(["Ships came in."], "VOA") == "a5e5b9da93a2a30a4a956cc63a74b000"
    assert content_key(DRAFT) == "6cf6d0a72e68ea010b9f6f9af67d62f4"


def test_the_title_key_sees_past_typography_case_and_the_name_of_the_source() -> None:
    key = title_key(DRAFT.title, DRAFT.source, DAY)
    assert key == title_key("Harbor's  gates open", "Voice of America", DAY)


def test_the_title_key_differs_by_title_source_and_date() -> None:
    keys = {
        title_key("Harbor Opens", "VOA", DAY),
        title_key("Harbor Closes", "VOA", DAY),
        title_key("Harbor Opens", "RFA", DAY),
        title_key("Harbor Opens", None, DAY),
        title_key("Harbor Opens", "VOA", date(2024, 5, 4)),
        title_key("Harbor Opens", "VOA", None),
        title_key("Harbor Opens", None, None),
    }
    assert len(keys) == 7


def test_the_body_key_sees_past_typography_and_the_cutting_into_paragraphs() -> None:
    assert body_key(DRAFT.paragraphs, "VOA") == body_key(
        ['"ships" came in. More - soon.'], "voice of america"
    )


def test_the_body_key_differs_by_text_and_source() -> None:
    keys = {
        body_key(["A b."], "VOA"),
        body_key(["A c."], "VOA"),
        body_key(["A b."], "RFA"),
        body_key(["A b."], None),
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    "changed",
    [
        replace(DRAFT, title="Harbor's Gates Open"),
        replace(DRAFT, paragraphs=("“Ships” came in.", "More - soon.")),
        replace(DRAFT, paragraphs=("“Ships” came in. More — soon.",)),
        replace(DRAFT, section=Section.REPORT),
        replace(DRAFT, topics=("economy",)),
        replace(DRAFT, source="Voice of America"),
        replace(DRAFT, source_date=date(2024, 5, 4)),
        replace(DRAFT, url="https://bay.example/"),
        replace(DRAFT, language="fr"),
        replace(DRAFT, picture="https://bay.example/a.jpg"),
    ],
)
def test_the_content_key_changes_with_anything_that_readers_see(changed: DraftBriefing) -> None:
    assert content_key(changed) != content_key(DRAFT)


def test_the_words_of_a_picture_are_part_of_it_and_what_has_none_has_the_key_it_always_had() -> None:
    pictured = replace(DRAFT, picture="https://bay.example/a.jpg")
    assert content_key(replace(pictured, picture_alt="A crane.")) != content_key(pictured)
    # kept in the store by every item that was there before pictures were
    plain = DraftBriefing(title="Harbor Opens", paragraphs=("Ships came in.",), source="Bay News")
    assert content_key(plain) == "183ff2b53cda85af84a7fd621803857e"


def test_every_field_but_the_line_is_part_of_the_content() -> None:
    assert content_key(replace(DRAFT, line=99)) == content_key(DRAFT)
    assert len(DraftBriefing.__struct_fields__) == 11, (
        "a new field belongs in content_key and in the test above"
    )


def composed(texts: list[str]) -> list[str]:
    return [unicodedata.normalize("NFC", one) for one in texts]


def test_a_text_whose_accents_stand_apart_is_no_other_text() -> None:
    """As files copied from some systems have them (Unicode, canonical equivalence)."""
    whole = replace(DRAFT, title="Été à Zoë", paragraphs=("Déjà vu.", "Angström: Å"), source="Öst")
    apart = replace(
        whole,
        title=unicodedata.normalize("NFD", whole.title),
        paragraphs=tuple(unicodedata.normalize("NFD", one) for one in whole.paragraphs),
        source=unicodedata.normalize("NFD", "Öst"),
    )
    assert apart.title != whole.title
    assert content_key(apart) == content_key(whole)


@given(st.lists(ANY_TEXT, max_size=3), st.lists(ANY_TEXT, max_size=3))
@example(["caf\u00e9"], ["cafe\u0301"])
def test_content_is_equal_only_for_equal_paragraphs(one: list[str], other: list[str]) -> None:
    same = content_key(replace(DRAFT, paragraphs=tuple(one))) == content_key(
        replace(DRAFT, paragraphs=tuple(other))
    )
    assert same == (composed(one) == composed(other))


# --- sources ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("VOA", "Voice of America"),
        ("voice of  america", "Voice of America"),
        ("RFI", "Radio France Internationale"),
        ("Radio France International", "Radio France Internationale"),
        ("Radio France Internationale (RFI)", "Radio France Internationale"),
        ("RFA", "Radio Free Asia"),
        ("Xinhua", "Xinhua News Agency"),
        ("新华社", "Xinhua News Agency"),
        ("The New York Times", "New York Times"),
        ("People’s Daily", "People's Daily"),
        ("Bay News,  Evening", "Bay News, Evening"),
    ],
)
def test_a_source_is_known_by_its_names(printed: str, name: str) -> None:
    assert canonical_source(printed) == name


def test_the_canonical_name_of_a_canonical_name_is_itself() -> None:
    names = {
        canonical_source(printed) for printed in ("VOA", "RFI", "AP", "The Paper", "Pengpai", "Bay News")
    }
    assert {canonical_source(name) for name in names} == names


@pytest.mark.parametrize(
    ("one", "other"), [("Sina", "Sina Finance"), ("VOA", "RFA"), ("Bay News", "Bay Views")]
)
def test_different_sources_stay_apart(one: str, other: str) -> None:
    assert source_key(one) != source_key(other)


def test_an_unknown_source_is_compared_without_regard_to_case() -> None:
    assert source_key("BAY  news") == source_key("Bay News")
