"""Topics and bursts against labels: ``eval topics``, ``eval bursts``; quality of a student."""
