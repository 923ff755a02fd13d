"""What a step produces, one class for each kind: see :mod:`pipeline.track.write_batch`."""
