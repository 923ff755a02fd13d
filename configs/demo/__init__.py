"""The bundled demo: one fictional day of posts in Italian and English, and what to expect from it."""
