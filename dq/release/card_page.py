"""The data card as one HTML page that needs no network: readable on a phone, in the dark, and on paper."""

from __future__ import annotations

from html import escape
from pathlib import Path

from dq.release.card import Section, card, sections
from dq.release.manifest import Manifest

STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5d6879; --line: #dfe4ea; --back: #fff; --card: #f6f8fa;
  --good: #1a7f4b; --bad: #b42318; --bar: #7aa7e8; --kept: #4a9e74; --held: #d9534a; --copy: #9aa5b5; --old: #d8b04c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa5b5; --line: #2d3644; --back: #12161d;
  --card: #1a202a; --good: #4cc38a; --bad: #ff7a70; --bar: #3f6fb5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.2rem 1rem 3rem; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; font-weight: 600; font-size: .95rem;
  border: 1px solid currentColor; vertical-align: .25rem; margin-left: .4rem; }
.passed { color: var(--good); } .failed { color: var(--bad); }
p, li { margin: .3rem 0; } .soft { color: var(--soft); overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .7rem; margin: 1.2rem 0; }
.fact { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem .8rem; }
.fact b { display: block; font-size: 1.3rem; } .fact span { color: var(--soft); font-size: .85rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .45rem .7rem; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; background: var(--card); color: var(--soft); font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:first-child { min-width: 6rem; } td { overflow-wrap: break-word; }
td:last-child { overflow-wrap: anywhere; } td:nth-child(2) { min-width: 7rem; }
.bar { background: var(--bar); height: .4rem; border-radius: .2rem; margin-top: .2rem; min-width: 1px; }
.parts { display: flex; gap: 1px; height: .5rem; margin-top: .3rem; min-width: 9rem; }
.parts i { min-width: 2px; border-radius: .1rem; } .accepted { background: var(--kept); }
.quarantined { background: var(--held); } .deduplicated { background: var(--copy); }
.superseded { background: var(--old); }
.key span { margin-right: 1rem; font-size: .85rem; } .key i { display: inline-block; width: .7rem; height: .7rem;
  border-radius: .1rem; vertical-align: -.05rem; }
.no { color: var(--bad); font-weight: 600; } code { overflow-wrap: anywhere; }
@media print { body { max-width: none; } .scroll { overflow: visible; } }
"""
NUMBERS = {"rows", "landings", "entities"}
"""Columns of figures in any section; a section names further ones."""


def write_card(manifest: Manifest, folder: Path) -> None:
    """Write `card.md` and `card.html` into `folder`."""
    (folder / "card.md").write_text(card(manifest), encoding="utf-8")
    (folder / "card.html").write_text(page(manifest), encoding="utf-8")


def page(manifest: Manifest) -> str:
    """Give the data card as a whole HTML document; every text in it is escaped."""
    title = f"{manifest.dataset} v{manifest.version}"
    passed = manifest.gate.passed
    verdict = "gate passed" if passed else "gate failed: do not train on this version"
    rows = sum(manifest.splits.values())
    facts = [
        (f"{rows:,}", "rows"),
        (f"{len(manifest.features):,}", "features"),
        (manifest.label or "none", "label"),
        (f"{len(manifest.sources):,}", "sources"),
        (f"{sum(flow.quarantined for flow in manifest.flow):,}", "rows in quarantine"),
        (f"{sum(manifest.conflicts.values()):,}", "cells in conflict"),
    ]
    body = "\n".join(
        [
            f'<h1>{escape(title)} <span class="verdict {"passed" if passed else "failed"}">{verdict}</span></h1>',
            f'<p class="soft">Made at {escape(manifest.created_at)} by code {escape(manifest.code_version)}</p>',
            f'<p class="soft">Content hash <code>{escape(manifest.content_hash)}</code></p>',
            '<div class="facts">',
            *(f'<div class="fact"><b>{escape(b)}</b><span>{escape(s)}</span></div>' for b, s in facts),
            "</div>",
            *(_section(section) for section in sections(manifest)),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}: data card</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    title = f"<h2>{escape(section.title)}</h2>"
    if not section.rows:
        return f'{title}\n<p class="soft">{escape(section.none)}</p>'
    if not section.head:
        items = "".join(f"<li>{escape(line)}</li>" for (line,) in section.rows)
        return f"{title}\n<ul>{items}</ul>"
    names = "".join(f"<th{_class(section, name)}>{escape(name)}</th>" for name in section.head)
    lines = "\n".join(_row(section, row) for row in section.rows)
    table = f"<table><thead><tr>{names}</tr></thead>\n<tbody>{lines}</tbody></table>"
    return f'{title}\n{_key(section)}<div class="scroll">{table}</div>'


def _row(section: Section, row: tuple[str, ...]) -> str:
    cells = [_cell(section, name, cell) for name, cell in zip(section.head, row, strict=True)]
    if section.parts:
        counts = [int(row[section.head.index(name)].replace(",", "")) for name in section.parts]
        shares = "".join(
            f'<i class="{name}" style="width:{count / max(sum(counts), 1):.2%}" title="{name}: {count:,}"></i>'
            for name, count in zip(section.parts, counts, strict=True)
            if count
        )
        cells[0] = cells[0].removesuffix("</td>") + f'<div class="parts">{shares}</div></td>'
    return f"<tr>{''.join(cells)}</tr>"


def _key(section: Section) -> str:
    """Say which colour is which part."""
    names = "".join(f'<span><i class="{name}"></i> {name}</span>' for name in section.parts)
    return f'<p class="key soft">{names}</p>' if names else ""


def _cell(section: Section, name: str, text: str) -> str:
    if text == "**no**":
        return '<td class="no">no</td>'
    bar = ""
    if name == section.shares:
        share = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
        bar = f'<div class="bar" style="width:{min(max(share, 0), 1):.1%}"></div>'
    return f"<td{_class(section, name)}>{escape(text)}{bar}</td>"


def _class(section: Section, name: str) -> str:
    return ' class="number"' if name in NUMBERS or name in section.numbers else ""
