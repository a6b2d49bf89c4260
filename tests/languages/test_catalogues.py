"""The catalogues are whole, fit the words in use, and are what the program reads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Final, get_args

import pytest
from babel.messages.catalog import Catalog, Message
from jinja2 import Environment, nodes

from digest.cli.readers import Language
from digest.ingest.taxonomy import default_topics
from digest.render.marks import CuttingTags
from digest.render.words import languages_with_words, words_for
from tests.languages.catalogues import ROOT, as_mo, as_po, in_step, languages, path_of, written

PLACE: Final = re.compile(r"%\((\w+)\)([sd])")
ASKS_FOR_WORDS: Final = frozenset({"_", "gettext", "ngettext", "counted"})

every_language = pytest.mark.parametrize("language", languages())


@cache
def catalogue(language: str) -> Catalog:
    return written(language)


def translated(language: str) -> Iterator[tuple[Message, list[tuple[str, str]]]]:
    """Each message with its forms: what is said in English, and in this language."""
    for message in catalogue(language):
        if not message.id:
            continue
        if isinstance(message.id, str):
            assert isinstance(message.string, str), message.id
            yield message, [(message.id, message.string)]
        else:
            assert not isinstance(message.string, str), message.id
            yield message, [(message.id[-1], form) for form in message.string or ()]


def test_the_languages_are_those_that_were_promised() -> None:
    assert {"ar", "zh_Hans"} <= set(languages())
    assert languages_with_words() == {"en", *(language.split("_")[0] for language in languages())}


def test_the_shell_and_the_first_topics_know_all_languages() -> None:
    tags = {language.replace("_", "-") for language in languages()}
    assert all(topic.translations.keys() == tags for topic in default_topics())
    told = get_args(Language)[1].help
    assert {word.strip(",;:") for word in told.split()} >= {"en", *tags}


@every_language
def test_every_message_is_translated_in_all_its_forms(language: str) -> None:
    forms = 0
    for message, said in translated(language):
        assert not message.fuzzy, message.id
        assert all(form.strip() for _, form in said), message.id
        assert len(said) == (catalogue(language).num_plurals if message.pluralizable else 1), message.id
        forms += len(said)
    assert forms > 90
    assert not catalogue(language).obsolete


@every_language
def test_every_form_has_the_places_of_the_english(language: str) -> None:
    for message, said in translated(language):
        for english, form in said:
            wanted, found = set(PLACE.findall(english)), set(PLACE.findall(form))
            # words for none, one or two need no figure
            assert found in ((wanted, wanted - {("count", "d")}) if message.pluralizable else (wanted,)), form
            assert PLACE.sub("", form).count("%") == PLACE.sub("", english).count("%"), form


@every_language
def test_forms_begin_and_end_as_the_english_does(language: str) -> None:
    ends = {".": ".。", ":": ":：", ",": ",،！、:", "?": "?？؟", ")": ")）", "s": "》"}
    for _, said in translated(language):
        for english, form in said:
            assert form == form.strip(), form
            if english[-1] in ".:,?":
                assert form[-1] in ends[english[-1]], form


def test_chinese_has_chinese_punctuation() -> None:
    for _, said in translated("zh_Hans"):
        for _, form in said:
            text = PLACE.sub("x", form)
            assert not re.search(r"[,;:?!()\"']|\.(?!\w)", text), form
            assert not re.search(r" [，。：；！？、（）《》]|[，。：；！？、（）《》] ", text), form


def test_arabic_has_arabic_punctuation() -> None:
    for _, said in translated("ar"):
        for _, form in said:
            assert not re.search(r"[,;?]", PLACE.sub("", form)), form


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["1 item", "2 items", "3 items", "11 items", "100 items"]),
        ("zh-Hans", ["共1条", "共2条", "共3条", "共11条", "共100条"]),
        ("ar", ["مادة واحدة", "مادتان", "3 مواد", "11 مادة", "100 مادة"]),
        ("ar-EG", ["مادة واحدة", "مادتان", "٣ مواد", "١١ مادة", "١٠٠ مادة"]),
    ],
)
def test_a_number_takes_the_form_that_fits_it(language: str, said: list[str]) -> None:
    words = words_for(language)
    numbers = (1, 2, 3, 11, 100)
    assert [words.counted("%(count)d item", "%(count)d items", number) for number in numbers] == said


def test_an_arabic_noun_is_counted_as_arabic_counts() -> None:
    # the rule of the catalogue has the form for a hundred before that for eleven, unlike most others
    words = words_for("ar")
    said = [words.counted("%(count)d issue", "%(count)d issues", number) for number in (1, 2, 4, 11, 28, 100)]
    assert said == ["عدد واحد", "عددان", "4 أعداد", "11 عددًا", "28 عددًا", "100 عدد"]


# --- in step ------------------------------------------------------------------------------------------------


@every_language
def test_the_catalogue_holds_the_words_in_use_and_no_others(language: str) -> None:
    # when it does not: make catalogues, and translate what it lists as lacking
    assert path_of(language, "po").read_bytes() == as_po(in_step(language))


@every_language
def test_the_compiled_catalogue_is_made_of_the_written_one(language: str) -> None:
    assert path_of(language, "mo").read_bytes() == as_mo(in_step(language))


@every_language
def test_the_files_say_nothing_of_when_and_where_they_were_made(language: str) -> None:
    for suffix in ("po", "mo"):
        text = path_of(language, suffix).read_bytes().decode("utf-8", "replace")
        assert not re.search(r"-Date|Generated-By|Translator|Babel|: /|[0-9]{4}-[0-9]{2}", text)


def test_words_stand_where_they_are_asked_for() -> None:
    # gathering reads literals; a phrase that came in a variable would never reach a catalogue
    asked = 0
    for room in ("render", "web"):
        for path in (ROOT / "digest" / room).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(call, ast.Call) or _name(call.func) not in ASKS_FOR_WORDS:
                    continue
                if (
                    path.name == "words.py"
                    and ast.unparse(call) == "self.catalogue.ngettext(one, many, count)"
                ):
                    continue
                asked += 1
                count = 2 if _name(call.func) in {"ngettext", "counted"} else 1
                for phrase in call.args[:count]:
                    assert isinstance(phrase, ast.Constant), f"{path.name}:{call.lineno} {ast.unparse(call)}"
    assert asked > 40


@pytest.mark.parametrize("folder", ["email", "web/reader"])
def test_templates_say_nothing_that_cannot_be_translated(folder: str) -> None:
    environment = Environment(extensions=["jinja2.ext.i18n", CuttingTags])
    paths = [path for path in (ROOT / "templates" / folder).rglob("*.*") if path.suffix in {".html", ".txt"}]
    # the newsroom is written to in English
    paths = [path for path in paths if path.parent.name not in {"alert", "answer"}]
    assert len(paths) > 8
    for path in paths:
        tree = environment.parse(path.read_text(encoding="utf-8"))
        printed = "\0".join(data.data for data in tree.find_all(nodes.TemplateData))
        labels = re.findall(r'(?:aria-label|alt|title)="([^"\0]+)"', printed)
        # a macro may print attributes, without the element in which they will stand
        bare = re.sub(r"<!--.*?-->|<[^>]*>|&[a-z]+;|[a-z-]+=\"[^\"]*\"", "", printed, flags=re.DOTALL)
        said = re.findall("[A-Za-z]+", " ".join([*labels, bare]))
        # kinds of feeds are called so in every language
        assert set(said) <= {"RSS", "Atom"}, path.name


def test_the_program_reads_catalogues_without_the_tools_that_make_them() -> None:
    # Babel's own reader takes a hundred times as long, and a start is felt by everybody
    code = (
        "import sys, digest.web.pages as pages, digest.render.printer\n"
        "pages.page('missing', language='ar', home='./')\n"
        "assert not [name for name in sys.modules if name.startswith('babel.messages')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
