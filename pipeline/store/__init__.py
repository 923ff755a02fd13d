"""State, results, positions and the outbox behind one URL: see :mod:`pipeline.store.contract`."""
