"""Reads a page as a browser would."""

from html.parser import HTMLParser


class Reader(HTMLParser):
    """Collects the elements of a page; what stands inside a script or a style is none."""

    def __init__(self, html: str):
        super().__init__()
        self.elements = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
