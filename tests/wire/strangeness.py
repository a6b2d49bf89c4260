"""The worst that people, feeds and spammers write: each text tries to become something else on the wire."""

from __future__ import annotations

import random
from typing import Final

#: Words that want to be a header, an address, an encoded-word, a tag, a mark, a dot, or another line.
HOSTILE: Final = (
    "News\r\nBcc: eve@evil.example",
    "News\nBcc: eve@evil.example\n\n<script>alert(1)</script>",
    "News\rX-Spam: no",
    "News\r\n.\r\nQUIT\r\n",
    "News\r\n\r\n--=_digest_1_1_=--\r\n",
    "--=_digest_1_1_=",
    "=_digest_1_1_=",
    "=5F=3D_ =\r\n=20",
    "=?utf-8?q?News=0D=0ABcc:_eve=40evil.example?=",
    "=?utf-8?b?TmV3cw0KQmNjOiBldmVAZXZpbC5leGFtcGxl?=",
    "=?UTF-8?Q??= =?",
    "=?utf-8?q?",
    "?==?",
    "News\u2028Bcc: eve@evil.example",
    "News\u2029Bcc: eve@evil.example",
    "News\x85Bcc: eve@evil.example",
    "News\x0b\x0cBcc: eve@evil.example",
    "News\x1c\x1d\x1eBcc: eve@evil.example",
    "News\x00\x01\x07\x08\x1b[31m\x7f\x9b",
    "\u202eswen\u2066 daer \u202d\u2069 backwards",
    "\ufeffBOM, \ufffe and \uffff, \U0001fffe",
    "soft\u00adhyphen\u200bzero\u200dwidth\u2060joiner",
    "Zalgo: Z̸̡̛̖̘̠̐̔a̴̭͓͗l̷͇̹̓͘g̶̨̈́o",
    "👩🏽‍🚀🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 🇪🇺 👨‍👩‍👧‍👦",
    ".",
    "..",
    ".hidden\n.\n..two",
    "From here on\nFrom there\n>From",
    "From ",
    '">, eve@evil.example <"',
    'Lee, Ann (the \\"late\\") <eve@evil.example>; @:[]\\',
    '"unclosed',
    "unopened\\",
    "undisclosed-recipients:;",
    "{{ 7 * 7 }} {% raw %} {# no #} {{ reader.unsubscribe_url }}",
    "{% each x in y %}{% endeach %}${7*7} #{7*7} %(name)s %s %d %",
    "<!--mark0123456789abcdef 0-->",
    "mark0123456789abcdef-name- mark0123456789abcdef-unsubscribe_url-",
    "<!--mark0123456789abcdef 1--> <!-- --> --> <![endif]-->",
    "<script>alert('x')</script><img src=x onerror=alert(1)>",
    "</td></tr></table></body></html>",
    "<style>*{display:none}</style><a href='javascript:alert(1)'>x</a>",
    "]]> <![CDATA[ & &amp; &#0; &#x1F; &nbsp; &bogus;",
    "'\"><svg/onload=alert(1)>",
    "trailing spaces   ",
    "   leading spaces",
    "two  spaces   and\ttabs\t\t",
    "a" * 2000,
    "long " + "b" * 76 + " and " + "c" * 75 + " and " + "d" * 74,
    "=" * 300,
    "é" * 40,
    "中" * 500,
    "😀" * 90,
    "e\u0301" * 200,
    " ".join(["word"] * 300),
    " " * 300 + "x",
    "\u3000ideographic\u00a0space\u2003",
    "ends with =",
    "ends with a soft break =\r\n",
    "https://evil.example/?a=1&b=2#c <https://evil.example>",
    "١٢٣ שלום abc عربي 123",
)

#: Addresses that are good, as stored: one with every sign of an atom, long ones, IDN ones, SMTPUTF8 ones.
ADDRESSES: Final = (
    "ann{}@example.org",
    "o'neil+{}!#$%&*/=?^_`|~@example.org",
    "a.b-c_d{}@sub.sub.sub.example.org",
    "first{}@xn--bcher-kva.example",
    "second{}@bücher.example",
    "third{}@例え.example",
    "jürgen{}@example.org",
    "用户{}@例え.example",
    "ليلى{}@example.org",
    "x{}" + "y" * 58 + "@example.org",
    "long{}@" + ".".join(["sixty-three-letters-in-a-label".ljust(60, "x")] * 3) + ".example",
    "UPPER{}@Example.ORG",
)


def strange(chance: random.Random) -> str:
    """One hostile text, two of them run together, or letters from all of Unicode."""
    kind = chance.random()
    if kind < 0.6:
        return chance.choice(HOSTILE)
    if kind < 0.85:
        return chance.choice(HOSTILE) + chance.choice(("", " ", "\n", "=")) + chance.choice(HOSTILE)
    return "".join(_letter(chance) for _ in range(chance.randint(1, 120)))


def _letter(chance: random.Random) -> str:
    first, last = chance.choice(((0x00, 0xFF), (0x100, 0x2FFF), (0x3000, 0xD7FF), (0xE000, 0x10FFFF)))
    return chr(chance.randint(first, last))
