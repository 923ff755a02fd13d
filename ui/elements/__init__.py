"""View models as HTML. Every text is escaped by :func:`ui.elements.element.el`; there is no other way in."""
