"""Hazards, crises and the scenario cases: ``eval risk``, ``eval scenarios``; fitting of the shipped hazard heads."""
