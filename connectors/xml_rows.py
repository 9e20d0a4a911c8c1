"""XML → the same tree that JSON is read to, so that paths, rows and child tables are one thing for both."""

from __future__ import annotations

from typing import Any

from lxml import etree

from dq.errors import DecodeError

_DEEPEST = 200


def load_xml(body: bytes, where: str) -> Any:
    r"""Parse XML: an element is its text or an object of its parts; `@name` is an attribute, `#text` all text of one
    that holds text beside parts.

    Namespaces are left away. An element that repeats is a list; one that might have is not: `items` of a page finds
    a single record too. No entity is expanded and nothing is fetched.

    >>> load_xml(b'<r><n id="1">a</n><n>b</n><c/></r>', "x")
    {'r': {'n': [{'@id': '1', '#text': 'a'}, 'b'], 'c': None}}

    Raises:
        DecodeError: where it is not well-formed, or declares entities of its own.

    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise DecodeError(f"not XML: {error.msg}", where=where) from None
    subset = root.getroottree().docinfo.internalDTD
    if subset is not None and any(True for _ in subset.iterentities()):
        raise DecodeError("the XML declares entities of its own, which are not expanded", where=where)
    return {_name(root): _value(root, where, 0)}


def _value(element: etree._Element, where: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise DecodeError("the XML is nested too deeply", where=where)
    parts: dict[str, Any] = {f"@{etree.QName(name).localname}": text for name, text in element.attrib.items()}
    for child in element:
        if not isinstance(child.tag, str):  # a comment
            continue
        name, value = _name(child), _value(child, where, depth + 1)
        if name not in parts:
            parts[name] = value
        elif isinstance(parts[name], list):
            parts[name].append(value)
        else:
            parts[name] = [parts[name], value]
    own = [element.text or "", *(child.tail or "" for child in element)]
    mixed = "".join(own).strip()
    if not parts:
        return mixed or None
    if mixed:
        parts["#text"] = "".join(str(piece) for piece in element.itertext()).strip()
    return parts


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)
