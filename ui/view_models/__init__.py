"""What the pages show, as frozen structs of finished words: pure, without Streamlit.

Numbers and texts are already in the viewer's language; nothing is escaped yet, that is
the work of :mod:`ui.markup`.
"""
