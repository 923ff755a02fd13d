"""Heat, division, sentiment and emotions: ``eval polarization``; training of the signal heads."""
