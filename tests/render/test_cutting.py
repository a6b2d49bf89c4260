"""Sheets are cut at marks that no content can forge, and pieces are put together in any order."""

from __future__ import annotations

import quopri
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, UndefinedError

from digest.render.cutting import Cut, Turn, assembled, cut, flat
from digest.render.marks import CuttingTags, Marks, Unmarked


@dataclass(frozen=True)
class Thing:
    key: str
    title: str = ""
    parts: Sequence[Thing] = ()


def environment() -> Environment:
    return Environment(extensions=[CuttingTags], undefined=StrictUndefined, trim_blocks=True, autoescape=True)


def sheet(template: str, **page: Any) -> Cut:
    marks = Marks()
    slots = {name: marks.slot(name) for name in ("name", "link", "said")}
    printed = environment().from_string(template).render(page, reader=slots, marks=marks)
    return cut(printed, marks, markup=True)


def put_together(
    made: Cut,
    lists: Mapping[str, Sequence[Turn]] | None = None,
    said: str = "said",
    name: str = "Ada",
) -> str:
    parts = assembled(made, lists or {}, {"said": said})
    values = {"name": name, "link": "https://a.example/?x=1&y=2"}
    kept = flat(parts, [name for name, value in values.items() if not value])
    encoded = (part if isinstance(part, bytes) else part.filled(values[part.name]) for part in kept)
    return quopri.decodestring(b"".join(encoded)).decode()


THINGS = [Thing(str(number), f"title {number}") for number in range(4)]


def test_turns_are_taken_in_any_number_and_order() -> None:
    made = sheet("[{% each thing in things %}<{{ thing.title }}>{% endeach %}]", things=THINGS)
    assert (
        put_together(made, {"things": [Turn("2"), Turn("0"), Turn("2")]}) == "[<title 2><title 0><title 2>]"
    )
    assert put_together(made, {"things": []}) == "[]"


def test_a_turn_may_have_turns_of_its_own() -> None:
    template = (
        "{% each outer in things %}{{ outer.title }}:{% each inner in outer.parts %}{{ inner.title }},"
        "{% endeach %};{% endeach %}"
    )
    made = sheet(template, things=[Thing("a", "A", THINGS), Thing("b", "B")])
    lists = {"things": [Turn("b", {"parts": [Turn("3"), Turn("1")]}), Turn("a", {"parts": [Turn("0")]})]}
    assert put_together(made, lists) == "B:title 3,title 1,;A:title 0,;"


@pytest.mark.parametrize(("name", "greeting"), [("Ada", "<p>Hello Ada</p>"), ("", "")])
def test_what_stands_around_an_empty_value_is_left_out_for_a_reader(name: str, greeting: str) -> None:
    made = sheet("{% when reader.name %}<p>Hello {{ reader.name }}</p>{% endwhen %}!")
    assert put_together(made, name=name) == greeting + "!"


@pytest.mark.parametrize(("said", "shown"), [("now", "(now Ada)"), ("", "")])
def test_what_stands_around_an_empty_value_is_left_out_for_a_cohort(said: str, shown: str) -> None:
    made = sheet("{% when reader.said %}({{ reader.said }} {{ reader.name }}){% endwhen %}!")
    assert put_together(made, said=said) == shown + "!"


def test_values_are_escaped_in_markup() -> None:
    made = sheet('<a href="{{ reader.link }}">{{ reader.name }}</a>')
    assert put_together(made, name='<b>"&') == (
        '<a href="https://a.example/?x=1&amp;y=2">&lt;b&gt;"&amp;</a>'
    )


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        ('<b title="{{ reader.name }}">', '<b title="&lt;&quot;&#x27;&gt;">'),
        ("<b title='{{ reader.name }}'>", "<b title='&lt;&quot;&#x27;&gt;'>"),
        (
            '<b>{% when reader.name %}<i title="{{ reader.name }}">{% endwhen %}',
            '<b><i title="&lt;&quot;&#x27;&gt;">',
        ),
        ("<!--[if mso]><b><![endif]-->{{ reader.name }}", "<!--[if mso]><b><![endif]-->&lt;\"'&gt;"),
        ("{{ reader.name }}<br>", "&lt;\"'&gt;<br>"),
    ],
)
def test_a_quotation_mark_ends_no_attribute_and_stands_as_it_is_elsewhere(
    template: str, printed: str
) -> None:
    assert put_together(sheet(template), name="<\"'>") == printed


def test_content_that_looks_like_a_mark_is_only_content() -> None:
    forged = "<!--mark0123456789abcdef 0-->mark0123456789abcdef-name-{{ x }}{% each %}"
    made = sheet("{% each thing in things %}{{ thing.title|safe }}{% endeach %}", things=[Thing("1", forged)])
    assert put_together(made, {"things": [Turn("1")]}) == forged


def test_keys_may_hold_anything() -> None:
    made = sheet("{% each thing in things %}{{ thing.title }}{% endeach %}", things=[Thing("-->", "x")])
    assert put_together(made, {"things": [Turn("-->")]}) == "x"


def test_without_marks_the_template_gives_a_whole_mail() -> None:
    template = (
        "{% when name %}Hello {{ name }}: {% endwhen %}{% each t in things %}{{ t.title }}.{% endeach %}"
    )
    page = {"things": THINGS[:2], "name": "Ada", "marks": Unmarked()}
    assert environment().from_string(template).render(page) == "Hello Ada: title 0.title 1."


def test_the_variable_of_an_outer_turn_is_seen_as_a_mistake_when_it_changes_the_print() -> None:
    template = "{% each o in things %}{% each i in o.parts %}{{ o.title }}{% endeach %}{% endeach %}"
    with pytest.raises(ValueError, match="two loops have a variable 'i'"):
        sheet(template, things=[Thing("a", "A", THINGS[:1]), Thing("b", "B", THINGS[:1])])


def test_text_between_turns_is_seen_as_a_mistake() -> None:
    marks = Marks()
    printed = marks.put("place", "thing", "things") + "lost" + marks.put("end")
    with pytest.raises(ValueError, match="between the turns of the loop over 'things'"):
        cut(printed, marks, markup=False)


def test_a_list_that_was_not_put_in_is_no_silence() -> None:
    made = sheet("{% each thing in things %}x{% endeach %}", things=THINGS)
    with pytest.raises(ValueError, match="'things'"):
        list(flat(made.frame, ()))


def test_each_takes_a_plain_name() -> None:
    with pytest.raises(TemplateSyntaxError, match="plain name"):
        environment().from_string("{% each a in things|list %}{% endeach %}")


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{% when copy.cover %}{% endwhen %}").render(marks=Marks(), copy=Thing("1"))


@pytest.mark.parametrize("said", ["", "now"])
@pytest.mark.parametrize("name", ["", "Ada"])
def test_what_hangs_on_values_is_decided_anew_for_each_of_their_states(said: str, name: str) -> None:
    made = sheet(
        "a{% when reader.said %}b{{ reader.said }}"
        "{% when reader.name %}c{% when reader.said %}d{% endwhen %}{{ reader.name }}{% endwhen %}"
        "e{% endwhen %}"
        "{% when reader.name %}f{% when reader.said %}g{% endwhen %}{% endwhen %}"
        "{% each thing in things %}{% when reader.said %}{{ thing.title }}{% endwhen %}{% endeach %}",
        things=THINGS,
    )
    # other states were there before
    for other in ("", "then", said):
        put_together(made, {"things": []}, other, "Bob")
    first = f"b{said}{f'cd{name}' if name else ''}e" if said else ""
    last = f"f{'g' if said else ''}" if name else ""
    turns = "title 1title 0" if said else ""
    assert put_together(made, {"things": [Turn("1"), Turn("0")]}, said, name) == f"a{first}{last}{turns}"
