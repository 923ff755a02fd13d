"""Alerts: which verdicts are told (rules), how they read (message), how they get there (sender, slack)."""
