"""Excerpts end where sentences end, and nowhere else: a missed end is no fault, a wrong one is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.page import read_page
from digest.render.characters import column_width
from digest.render.excerpts import EXCERPT_COLUMNS, excerpt, sentences
from tests.ingest.sample import needs_sample, sample_text
from tests.wire.languages import TONGUES

#: Sentences by `|`; where the bar stands, and nowhere else, the text is cut.
CUT = [
    "The harbour froze. |Nobody sailed.",
    "It cost 4.2 million crowns. |The council pays a third.",
    "A bid of $1.5 billion was refused. |Another, of ¥3.2 trillion, was not.",
    "Prices rose by 3.5%. |They fell by 12.5. |Nobody knows why.",
    "It happened in 2019. |The papers kept silent.",
    "The CCP. |The rest.",
    "“We are not the first,” said Marit Osei. |“We are the last.” |The boats left.",
    '"It is over." |The minister rose. |"It was long."',
    "(See the table.) |The next year was worse.",
    "Has it ended? |Nobody knows. |Hurry up! |The door closes.",
    "The sailors’ union won. |The owners' union lost. |All went home.",
    "The ‘slow news’ radio grows. |It has no music.",
    "今天不走。|明天再走！|谁知道呢？|没有人。",
    "今天不走。 |明天再走。",
    "他读了《很长。很长的书》。|她没有读。",
    "他说：“今天不走。明天再走。”|",
    "他用了 AI。|The rest is silence. |完了。",
    "The college opened (“以修代换”)。|It is free.",
    "彼は来た。|彼女も来た！|誰も知らない。",
    "서울은 춥다. |부산은 따뜻하다.",
    "هل ذهب؟ |نعم، ذهب. |لا نعرف السبب.",
    "وہ چلا گیا۔ |کوئی نہیں جانتا۔",
    "जहाज़ चला गया। |कोई नहीं जानता।",
    "Der Hafen fror zu. |Niemand fuhr aus.",
    "Er sagte: „Wir gehen.“ |Dann ging er.",
    "«On part.» |Le bateau resta.",
    "¿Quién sabe? |¡Nadie!",
    "Порт замёрз окончательно. |Никто не вышел.",
]
#: One sentence each, as far as anybody can tell.
WHOLE = [
    "The U.S. Senate met in Washington, D.C. It voted",
    "Yahoo! Shopping opened in China",
    "Who Wants to Be a Millionaire? Host Osei left",
    "Mr. Osei, Dr. Li, Prof. Ek and Gen. Lund met No. 5 of St. Anne’s",
    "J. K. Smith met George W. Bush",
    "Ph.D. Students and e.g. Teachers, i.e. People, left at 5 p.m. Sharp",
    "Harbour Inc. Chairman Osei and Fjord Ltd. Director Ek",
    "On Nov. 24 and Sept. 3 they met, cf. Table 2, pp. 12",
    "See Vol. 3, No. 12, approx. 40 pages",
    "Yahoo.com and www.harbour.example. And https://harbour.example/a?b=C. And ada@harbour.example. All",
    "Version 2.0.1. Released yesterday",
    "He waited... Then he left",
    "He waited… Then he left",
    "“Why?” Osei asked",
    "“Stop!” Marit cried",
    "He heard ‘the sailors’ union left. We followed’ often",
    "“It stops. It starts,” he said",
    "The firm (now Harbour Corp.) Chairman left",
    "The firm (really?) Osei left",
    "the end.The beginning",
    "he came. and went",
    "he came. 240 went",
    "“An unclosed quotation. It goes on. It never ends",
    "(An unclosed bracket. It goes on",
    "“好！”他说",
    "「行こう。」と言った",
    "他说：“走。”便走了",
    "市政府（见第3页。）说",
    "甲买了船；乙买了车",
    "他等了……然后走了",
    "モーニング娘。の新曲",
    "Yahoo！购物上线了",
    "د. محمد وأ. د. علي",
    "“نعم۔” انہوں نے کہا",
    "डॉ. शर्मा आए",
    "Сегодня г. Москва, ул. Ленина",
    "TP. Hồ Chí Minh",
]


@pytest.mark.parametrize("text", CUT)
def test_a_sentence_ends_here(text: str) -> None:
    language = "de" if "Hafen" in text or "„" in text else "en"
    assert list(sentences(text.replace("|", ""), language)) == [part for part in text.split("|") if part]


@pytest.mark.parametrize("text", WHOLE)
def test_no_sentence_ends_within(text: str) -> None:
    language = "vi" if text.startswith("TP.") else "en"
    assert sentences(text, language) == (text,)


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("Er kam am 24. November.", "de", 1),
        ("Ludwig XIV. Er herrschte.", "de", 1),
        ("After World War II. The harbour grew.", "en", 2),
        ("It has 24. The others have none.", "en", 2),
        ("Die Fa. Ek bzw. Frau Lund, z. B. Anna, zahlen 3 Mio. Kronen.", "de", 1),
        ("Mme. Osei et M. Ek sont là.", "fr", 1),
        ("El Sr. Osei y la Sra. Lund, EE. UU. incluidos.", "es", 1),
        ("He told me. The rest is known.", "en", 2),
    ],
)
def test_the_language_decides_where_the_script_cannot(text: str, language: str, count: int) -> None:
    assert len(sentences(text, language)) == count


PIECES = st.lists(
    st.sampled_from(
        [*"ABab .。！？!?…“”‘’\"'「」（）();；,，0123", "U.S. ", "Dr. ", "市政府", "نعم", "۔ ", "؟ "]
    )
    | st.characters(exclude_categories=["Cs"])
).map("".join)


@given(PIECES, st.sampled_from(["en", "de", "zh-Hans", "ar", "ja", "", "x-?"]))
def test_sentences_joined_are_the_text(text: str, language: str) -> None:
    found = sentences(text, language)
    assert "".join(found) == text
    assert all(found)


@given(st.lists(PIECES.map(str.strip).filter(bool), max_size=4), st.integers(0, 200))
def test_an_excerpt_is_a_prefix_of_whole_sentences(paragraphs: list[str], columns: int) -> None:
    taken = excerpt(paragraphs, "en", columns)
    assert bool(taken) == bool(paragraphs)
    for number, (shown, paragraph) in enumerate(zip(taken, paragraphs, strict=False)):
        whole = sentences(paragraph, "en")
        assert shown in {"".join(whole[: n + 1]).rstrip() for n in range(len(whole))}
        assert shown == paragraph or number == len(taken) - 1
    first = sentences(paragraphs[0], "en")[0] if paragraphs else ""
    assert sum(map(column_width, taken)) <= max(columns, column_width(first.rstrip()))


def test_an_excerpt_stops_at_its_measure() -> None:
    text = "The harbour froze over. " * 40
    (shown,) = excerpt((text.strip(), "More."))
    assert shown == ("The harbour froze over. " * 13).strip()
    assert column_width(shown) <= EXCERPT_COLUMNS


def test_a_chinese_letter_counts_twice() -> None:
    assert excerpt(("今天不走。" * 40,)) == ("今天不走。" * 32,)


def test_the_first_sentence_stands_however_long_it_is() -> None:
    long = "word " * 300 + "end."
    assert excerpt((f"{long} Another.",)) == (long,)


def test_short_paragraphs_follow_each_other() -> None:
    assert excerpt(("One.", "Two.", "word " * 80 + "end.")) == ("One.", "Two.")
    assert excerpt(("One.", "Two.")) == ("One.", "Two.")
    assert excerpt(()) == ()


@pytest.mark.parametrize("tongue", TONGUES.values(), ids=list(TONGUES))
def test_what_people_write_in_any_language_is_never_cut_within_a_sentence(tongue: object) -> None:
    written = list(tongue.sentences)  # type: ignore[attr-defined]
    for sentence in written:
        assert len(sentences(sentence)) <= max(1, sum(map(sentence.count, ".!?。！？؟۔।")))


@pytest.mark.parametrize(
    "hostile", ["." * 50_000, ". A" * 20_000, "“. A" * 20_000, "' A. " * 10_000, "。「" * 20_000]
)
def test_no_text_takes_long(hostile: str) -> None:
    begun = time.process_time()
    assert "".join(sentences(hostile)) == hostile
    assert time.process_time() - begun < 2


@needs_sample
def test_the_newsrooms_own_page_is_cut_where_its_sentences_end() -> None:
    drafts = read_page(sample_text(), source="sample").drafts
    for draft in drafts:
        for paragraph in draft.paragraphs:
            found = sentences(paragraph)
            assert "".join(found) == paragraph
            for sentence in found:
                assert sentence.rstrip()[-1] in '.!?”"’)。！？…:：', sentence
                assert sentence[0].isupper() or sentence[0] in "“\"‘('" or not sentence[0].isascii(), sentence
                assert sentence.count("“") == sentence.count("”"), sentence
        shown = excerpt(draft.paragraphs)
        assert shown
        assert sum(map(column_width, shown)) < EXCERPT_COLUMNS * 2
