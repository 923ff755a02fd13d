"""View models as HTML. Every text is escaped by :func:`ui.html.element.el`; there is no other way in."""
