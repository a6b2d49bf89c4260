"""Families: domains that one provider runs, and nobody else's."""

from __future__ import annotations

from itertools import chain

import pytest

from digest.core.families import FAMILIES, family_of


@pytest.mark.parametrize(
    ("address", "family"),
    [
        ("ann@googlemail.com", "gmail.com"),
        ("Ann@GoogleMail.COM", "gmail.com"),
        ("ann@hotmail.com", "outlook.com"),
        ("ann@live.com", "outlook.com"),
        ("ann@msn.com", "outlook.com"),
        ("ann@hotmail.co.uk", "outlook.com"),
        ("ann@live.com.mx", "outlook.com"),
        ("ann@outlook.fr", "outlook.com"),
        ("ann@aol.com", "yahoo.com"),
        ("ann@ymail.com", "yahoo.com"),
        ("ann@yahoo.com.br", "yahoo.com"),
        ("ann@me.com", "icloud.com"),
        ("ann@mac.com", "icloud.com"),
        ("ann@ya.ru", "yandex.ru"),
        ("ann@yandex.kz", "yandex.ru"),
        ("ann@bk.ru", "mail.ru"),
        ("ann@web.de", "gmx.net"),
        ("ann@gmx.at", "gmx.net"),
        ("ann@foxmail.com", "qq.com"),
        ("ann@126.com", "163.com"),
        ("ann@yeah.net", "163.com"),
        ("ann@pm.me", "proton.me"),
        ("gmail.com", "gmail.com"),
    ],
)
def test_a_provider_is_one_family(address: str, family: str) -> None:
    assert family_of(address) == family


@pytest.mark.parametrize(
    "domain",
    [
        "news.example",
        "yahoo.co.jp",
        "live.news.example",
        "mail.gmail.com.news.example",
        "notgmail.com",
        "hotmail.news",
        "bücher.example",
    ],
)
def test_any_other_domain_is_a_family_by_itself(domain: str) -> None:
    assert family_of(f"ann@{domain}") == domain


def test_an_at_sign_in_quotes_is_no_domain() -> None:
    assert family_of('"ann@gmail.com"@news.example') == "news.example"


def test_no_domain_is_in_two_families_and_a_name_stands_for_itself() -> None:
    named = [*FAMILIES, *chain.from_iterable(FAMILIES.values())]
    assert len(named) == len(set(named))
    assert all(family_of(member) == name for name, members in FAMILIES.items() for member in (name, *members))
    assert all(member == member.lower() for member in named)
